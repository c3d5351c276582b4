// What vendor/three.js gives: built and minified, its classes have lost their types.
declare class Any {
  constructor(...given: any[]);
  [member: string]: any;
}
export {
  Any as AmbientLight,
  Any as BufferGeometry,
  Any as Color,
  Any as CylinderGeometry,
  Any as DirectionalLight,
  Any as Float32BufferAttribute,
  Any as Group,
  Any as LineBasicMaterial,
  Any as LineSegments,
  Any as Mesh,
  Any as MeshLambertMaterial,
  Any as PerspectiveCamera,
  Any as Scene,
  Any as SphereGeometry,
  Any as Vector3,
  Any as WebGLRenderer,
};
