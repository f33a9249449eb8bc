"use strict";

// Errors: the summary takes the focus, so that it is read and its links are one key away.
document.querySelector("[data-error-summary]")?.focus();

// Signing in: the device names its time zone, for who has not chosen one.
document.querySelectorAll("[data-time-zone]").forEach((field) => {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
});

// Copying: a button beside every value that people copy.
if (navigator.clipboard) {
  document.querySelectorAll("[data-copy]").forEach((value) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-quiet copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${value.dataset.copy}`);
    const said = document.createElement("span");
    said.className = "visually-hidden";
    said.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(value.textContent.trim());
        button.textContent = said.textContent = "Copied";
      } catch {
        button.textContent = said.textContent = "Not copied";
      }
      setTimeout(() => { button.textContent = "Copy"; said.textContent = ""; }, 2000);
    });
    value.after(button, said);
  });
}
