// Before anything is painted, so that the page does not flash in the other theme.
{
  const theme = localStorage.getItem("prvipe-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}
