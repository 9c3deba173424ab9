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

// Enter in the question that is tried tries it; it does not save.
for (const field of document.querySelectorAll("[data-enter]")) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    document.getElementById(`${field.dataset.enter}-button`).click();
  });
}
