"use strict";
(() => {
  const root = document.documentElement;
  const KEY = "transferline-theme";
  // Where storage is forbidden, as in some sandboxes, the choice lasts as long as the page.
  const remember = (theme) => { try { localStorage.setItem(KEY, theme); } catch { /* not kept */ } };

  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const button = document.getElementById("theme");
  const name = () => { button.querySelector("span").textContent = isDark() ? "Light" : "Dark"; };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    remember(root.dataset.theme);
    name();
  });
  system.addEventListener("change", name);
  name();

  const links = [...document.querySelectorAll(".bar nav a")];
  const mark = (id) => links.forEach((link) => {
    if (link.hash === "#" + id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  });
  const watcher = new IntersectionObserver(
    (entries) => entries.forEach((entry) => { if (entry.isIntersecting) mark(entry.target.id); }),
    { rootMargin: "-15% 0px -80% 0px" },
  );
  document.querySelectorAll("main > section").forEach((section) => watcher.observe(section));

  // The confusion matrix: one stop for Tab, arrows within, Enter shows the pictures of a cell.
  const grid = document.querySelector(".confusion");
  if (grid) {
    const rows = [...grid.tBodies[0].rows].map((row) => [...row.cells].slice(1));
    const cells = rows.flat();
    const readout = document.getElementById("readout");
    const note = document.getElementById("worst-note");
    const shots = [...document.querySelectorAll("#mistakes .shot")];
    const all = note.textContent;
    cells.forEach((cell) => { cell.tabIndex = -1; });
    cells[0].tabIndex = 0;
    const go = (cell) => {
      cells.forEach((other) => { other.tabIndex = -1; });
      cell.tabIndex = 0;
      cell.focus();
    };
    const say = (cell) => { readout.textContent = cell.getAttribute("aria-label"); };
    const choose = (cell) => {
      const again = cell.getAttribute("aria-selected") === "true";
      cells.forEach((other) => other.removeAttribute("aria-selected"));
      let shown = 0;
      shots.forEach((shot) => {
        shot.hidden = !again && (shot.dataset.truth !== cell.dataset.truth || shot.dataset.answer !== cell.dataset.answer);
        if (!shot.hidden) shown += 1;
      });
      if (!again) cell.setAttribute("aria-selected", "true");
      note.textContent = again ? all : `${shown} shown: ${cell.getAttribute("aria-label")}. Choose the cell again to see all.`;
    };
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    grid.addEventListener("keydown", (event) => {
      const row = rows.findIndex((found) => found.includes(event.target));
      if (row < 0) return;
      const column = rows[row].indexOf(event.target);
      if (event.key in steps) {
        const next = rows[row + steps[event.key][0]]?.[column + steps[event.key][1]];
        if (next) go(next);
      } else if (event.key === "Home") go(rows[row][0]);
      else if (event.key === "End") go(rows[row].at(-1));
      else if (event.key === "Enter" || event.key === " ") choose(event.target);
      else return;
      event.preventDefault();
    });
    cells.forEach((cell) => {
      cell.addEventListener("focus", () => say(cell));
      cell.addEventListener("mouseenter", () => say(cell));
      cell.addEventListener("click", () => { go(cell); choose(cell); });
    });
  }

  // Paper has no way to open a closed part.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((part) => { part.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((part) => { part.open = false; }));
})();
