/** The poses of a file or of a recording, one of which is compared. */

/** @typedef {import("./subject.js").Subject} Subject */

/**
 * @typedef {object} PosesOfFile
 * @property {string} name
 * @property {number[][]} frames rows of each frame, in order
 * @property {string[]} moments what each frame is called
 * @property {number} suggested row
 * @property {(row: number) => string} person what the person of a row is called
 * @property {(row: number) => Subject} subject
 * @property {() => void} dispose
 * @property {string} [recording] what the recording is called, where it is one of the library
 * @property {{unit: string, values: number[]}} [when] each frame is, where it can be asked for
 */

/**
 * @param {{kind: string, poses: import("../api.js").Poses, suggested: number | null,
 *   notes: string[]}} answer of the server to the file
 * @param {File} file
 * @returns {PosesOfFile}
 */
export function posesOfFile(answer, file) {
  const { poses, notes } = answer;
  const field = (/** @type {string} */ name, /** @type {number} */ row) => poses.fields?.[name]?.[row] ?? null;
  const groups = groupFrames(poses);
  const frames = groups.map(({ rows }) => rows);
  const url = answer.kind === "keypoints" ? null : URL.createObjectURL(file);
  const momentOf = (/** @type {number} */ row) => describeMoment(field("frame", row), field("time", row));

  return {
    name: file.name,
    frames,
    moments: frames.map(([row]) => momentOf(row)),
    suggested: answer.suggested ?? 0,
    person: (row) => `person ${field("person", row) ?? row}`,
    subject(row) {
      const [width, height] = [field("width", row), field("height", row)];
      const time = answer.kind === "video" ? field("time", row) : undefined;
      const moment = frames.length > 1 ? momentOf(row) : "";
      return {
        name: file.name,
        detail: [moment, ...notes].filter(Boolean).join(" · "),
        link: null,
        reference: {
          poses: {
            skeleton: poses.skeleton,
            keypoints: [poses.keypoints[row]],
            scores: poses.scores ? [poses.scores[row]] : null,
          },
        },
        keypoints: poses.keypoints[row],
        picture: url && width > 0 && height > 0 && time !== null ? { url, size: { width, height }, time } : null,
      };
    },
    dispose() {
      if (url) URL.revokeObjectURL(url);
    },
  };
}

/** @param {import("../api.js").Poses} poses @returns {{rows: number[]}[]} in order of frames */
function groupFrames(poses) {
  const names = ["source", "sequence", "camera", "frame"].filter((name) => poses.fields?.[name]);
  const frames = new Map();
  poses.keypoints.forEach((_, row) => {
    const key = names.includes("frame")
      ? JSON.stringify(names.map((name) => poses.fields?.[name][row]))
      : row;
    if (!frames.has(key)) frames.set(key, { rows: [] });
    frames.get(key).rows.push(row);
  });
  return [...frames.values()];
}

/** @param {number | null} frame @param {number | null} time */
function describeMoment(frame, time) {
  const parts = [frame === null ? "" : `frame ${frame}`, time === null ? "" : `${time.toFixed(2)} s`];
  return parts.filter(Boolean).join(" · ") || "frame not known";
}
