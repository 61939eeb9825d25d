"use strict";
// Before anything is drawn: what was chosen on an earlier visit. Where storage is forbidden nothing was.
try {
  const theme = localStorage.getItem("transferline-theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch { /* the system decides */ }
