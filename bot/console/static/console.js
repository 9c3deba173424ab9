// What is only nicer with a script: everything works without it.
"use strict";

// A question tried beside what is being read or written: matches while one types.
for (const form of document.querySelectorAll("form[data-live]")) {
  const field = form.querySelector("[name=try]");
  const shown = document.getElementById("trial");
  let timer = 0;
  let asked = 0;
  const ask = async () => {
    if (!field.value.trim()) return;
    const number = ++asked;
    const fields = new URLSearchParams(new FormData(form));
    fields.set("act", "live");
    const isPost = form.method === "post";
    const address = isPost ? form.dataset.live : `${form.dataset.live}?${fields}`;
    try {
      const reply = await fetch(address, isPost ? { method: "POST", body: fields } : {});
      const part = await reply.text();
      if (number === asked && (reply.ok || reply.status === 422)) shown.innerHTML = part;
    } catch {
      // No connection: the button still works once there is one.
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 400);
  });
}

// An entry that is being written is not left by a slip.
for (const form of document.querySelectorAll("form[data-unsaved]")) {
  let isUnsaved = form.dataset.unsaved === "yes";
  form.addEventListener("input", () => (isUnsaved = true));
  form.addEventListener("submit", () => (isUnsaved = false));
  window.addEventListener("beforeunload", (event) => {
    if (isUnsaved) event.preventDefault();
  });
}

// Enter in the question that is tried tries it; it does not save.
for (const field of document.querySelectorAll("[data-enter]")) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    document.getElementById(`${field.dataset.enter}-button`).click();
  });
}

// The queue lives: what is claimed or asked elsewhere shows here within seconds.
const lines = document.getElementById("lines");
if (lines) {
  const POLL = 5000;
  const root = () => lines.querySelector("[data-mark]");
  const opened = root() ? root().dataset.mark : "";
  let etag = "";
  const look = async () => {
    if (document.visibilityState !== "visible") return;
    const query = new URLSearchParams(location.search);
    query.delete("done");
    if (lines.dataset.open) query.set("open", lines.dataset.open);
    try {
      const reply = await fetch(`${lines.dataset.poll}?${query}`, {
        headers: etag ? { "If-None-Match": etag } : {},
      });
      if (reply.status === 401) location.reload();
      if (!reply.ok) return;
      etag = reply.headers.get("ETag") || "";
      const focused = document.activeElement && document.activeElement.getAttribute("href");
      const hadFocus = lines.contains(document.activeElement);
      lines.innerHTML = await reply.text();
      for (const link of lines.querySelectorAll("[data-item]")) {
        if (link.pathname === location.pathname) link.closest("li").classList.add("open");
        if (hadFocus && link.getAttribute("href") === focused) link.focus();
      }
      const changed = document.getElementById("changed");
      if (changed && root().dataset.mark !== opened) changed.hidden = false;
    } catch {
      // No connection: the next round tries again.
    }
  };
  setInterval(look, POLL);
  document.addEventListener("visibilitychange", look);
}

// A photo or recording that does not come says so; the link below it leads to the reason.
for (const shown of document.querySelectorAll("[data-media]")) {
  const say = () => {
    shown.closest("li").querySelector("[role=status]").hidden = false;
  };
  shown.addEventListener("error", say);
  if (shown.complete && shown.naturalWidth === 0) say();
}

// A list that narrows itself when another area is picked.
for (const field of document.querySelectorAll("select[data-submit]")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}

// What was begun survives a reload, a lost connection and the end of a session.
for (const sent of document.querySelectorAll("[data-sent]")) {
  sessionStorage.removeItem(`govi:${sent.dataset.sent}`);
}
for (const field of document.querySelectorAll("[data-keep]")) {
  const key = `govi:${field.dataset.keep}`;
  const begun = sessionStorage.getItem(key);
  if (begun && !field.value) {
    field.value = begun;
    const folded = field.closest("details");
    if (folded) folded.open = true;
  }
  field.addEventListener("input", () => sessionStorage.setItem(key, field.value));
}

// A form that is under way is not sent again: over a slow line one presses twice.
const UNDER_WAY = 5000;
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  const now = Date.now();
  if (now - (form.dataset.at || 0) < UNDER_WAY) event.preventDefault();
  else form.dataset.at = now;
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.at;
});

// A chart that is wider than the screen shows its newest days first.
for (const box of document.querySelectorAll("[data-newest]")) box.scrollLeft = box.scrollWidth;

// Keys, unless somebody is typing or has switched them off.
const keysOn = document.getElementById("keys-on");
const areKeysOn = () => localStorage.getItem("govi:keys") !== "off";
if (keysOn) {
  keysOn.checked = areKeysOn();
  keysOn.addEventListener("change", () => {
    localStorage.setItem("govi:keys", keysOn.checked ? "on" : "off");
  });
}
// On a Sinhala keyboard too: there a key is known by its place, not by its letter.
const keyOf = ({ key, code }) => {
  if (/^[!-~]$/.test(key)) return key;
  if (code === "Slash") return "/";
  return /^Key[A-Z]$/.test(code) ? code.at(-1).toLowerCase() : "";
};
const move = (step) => {
  const items = [...document.querySelectorAll("[data-item]")];
  if (!items.length) return;
  const open = items.findIndex((item) => item.closest(".open"));
  const at = Math.max(items.indexOf(document.activeElement), -1);
  const from = at >= 0 ? at : open;
  const next = items[Math.min(Math.max(from + step, 0), items.length - 1)];
  next.focus();
};
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
  if (isTyping && event.key === "Escape") event.target.blur();
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !areKeysOn()) return;
  const key = keyOf(event);
  if (key === "j" || key === "k") {
    move(key === "j" ? 1 : -1);
    event.preventDefault();
    return;
  }
  const wanted = key === "/" ? "[data-focus]" : `[data-key="${CSS.escape(key)}"]`;
  const target = key && document.querySelector(wanted);
  if (!target) return;
  event.preventDefault();
  if (target.matches("input, textarea, select")) target.focus();
  else target.click();
});
