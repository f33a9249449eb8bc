"use strict";

const each = (selector, act, within = document) => within.querySelectorAll(selector).forEach(act);

// Errors: the summary takes the focus, so that it is read and its links are one key away.
each("[data-error-summary]", (summary) => summary.focus());

// Search: "/" focuses it unless someone is typing.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const search = document.querySelector("input[type=search]");
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
});

// Filters: a changed select submits, empty fields stay out of the address. What is typed is sent by Enter or by the
// button, which shows as soon as there is something to send: a date that is being typed changes several times.
each("form[data-autosubmit]", (form) => {
  const typed = [...form.querySelectorAll("input[type=date], input[type=text]")];
  const show = () => each("[data-autosubmit-button]", (button) => {
    button.hidden = typed.every((field) => field.value === field.defaultValue);
  }, form);
  form.addEventListener("input", show);
  window.addEventListener("pageshow", show);
  show();
  form.addEventListener("change", (event) => {
    if (event.target.matches("select, input[type=checkbox], input[type=radio]")) form.requestSubmit();
  });
  form.addEventListener("submit", () => {
    const empty = [...form.elements].filter((field) => field.name && field.value === "" && !field.disabled);
    empty.forEach((field) => { field.disabled = true; });
    // The browser's cache of the page left behind must not keep them disabled.
    setTimeout(() => empty.forEach((field) => { field.disabled = false; }));
  });
});

// Selection: the batch bar shows while rows are selected.
each("form[data-selection]", (form) => {
  const boxes = [...form.querySelectorAll("[data-pick]")];
  const all = form.querySelector("[data-pick-all]");
  const bar = form.querySelector("[data-batch]");
  const count = form.querySelector("[data-batch-count]");
  const whole = form.querySelector("[data-pick-whole]");
  if (!bar || boxes.length === 0) return;
  let last = null;

  const show = () => {
    const selected = boxes.filter((box) => box.checked).length;
    bar.hidden = selected === 0 && !whole?.checked;
    if (count && whole?.checked) count.textContent = `All ${whole.dataset.pickWhole} selected`;
    else if (count) count.textContent = `${selected.toLocaleString(document.documentElement.lang)} selected`;
    if (all) {
      all.checked = selected === boxes.length;
      all.indeterminate = selected > 0 && selected < boxes.length;
    }
  };

  if (all) {
    all.closest("[hidden]")?.removeAttribute("hidden");
    all.addEventListener("change", () => {
      boxes.forEach((box) => { box.checked = all.checked; });
      show();
    });
  }
  whole?.addEventListener("change", show);
  form.addEventListener("click", (event) => {
    if (!event.target.matches("[data-pick]")) return;
    const here = boxes.indexOf(event.target);
    if (event.shiftKey && last !== null) {
      const [from, to] = [Math.min(last, here), Math.max(last, here)];
      boxes.slice(from, to + 1).forEach((box) => { box.checked = event.target.checked; });
    }
    last = here;
    show();
  });
  window.addEventListener("pageshow", show);
  show();
});

// Preview: what is typed in the source shows in the target.
each("[data-preview-source]", (source) => {
  const target = document.querySelector(`[data-preview-target="${CSS.escape(source.dataset.previewSource)}"]`);
  if (!target) return;
  source.addEventListener("input", () => {
    const paragraphs = source.value.split(/\n\s*\n/).map((text) => {
      const paragraph = document.createElement("p");
      paragraph.textContent = text;
      return paragraph;
    });
    target.replaceChildren(...paragraphs);
  });
});

// Copying: a button beside every value that people copy.
if (navigator.clipboard) {
  each("[data-copy]", (value) => {
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

// Progress: the marked region is fetched again each second until it says no more.
const region = document.querySelector("[data-refresh]");
if (region) {
  const live = document.querySelector("[data-refresh-announce]");
  let quarter = 0;

  const announce = (bar) => {
    const now = bar && bar.max > 0 ? Math.floor((4 * bar.value) / bar.max) : 0;
    if (live && now > quarter && now < 4) live.textContent = `${now * 25} % done`;
    quarter = Math.max(quarter, now);
  };

  const refresh = async (shown, wait) => {
    await new Promise((done) => setTimeout(done, wait));
    let next = null;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      // Signed out, or gone: the reader sees what a reload shows.
      if (answer.redirected) return location.assign(answer.url);
      if (!answer.ok) return refresh(shown, Math.min(wait * 2, 15000));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      next = page.querySelector("[data-refresh]");
      if (!next) return location.reload();
    } catch {
      return refresh(shown, Math.min(wait * 2, 15000));
    }
    const focused = shown.contains(document.activeElement);
    shown.replaceWith(next);
    if (focused) next.querySelector("a, button")?.focus();
    announce(next.querySelector("progress"));
    return refresh(next, 1000);
  };

  announce(region.querySelector("progress"));
  refresh(region, 1000);
}
