// Keeps an open page true: counts the clocks down every second, fetches the page again, says so when it cannot.
"use strict";
(() => {
  const every = Number(document.body.dataset.refresh || 5) * 1000;
  let ahead = 0; // how far the agent's clock is ahead of this machine's, in ms
  let busy = false;

  const pad = (n) => String(n).padStart(2, "0");
  const two = (seconds) => {
    const whole = Math.floor(Math.abs(seconds));
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor(whole / 60) % 60;
    return hours ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
  };

  const learn = () => {
    const age = document.querySelector(".age");
    if (age) ahead = Number(age.dataset.now) - Date.now();
  };

  const tick = () => {
    const now = Date.now() + ahead;
    const age = document.querySelector(".age");
    if (age) {
      const seconds = Math.floor((now - Number(age.dataset.at)) / 1000);
      age.textContent = seconds < 2 ? age.dataset.fresh : age.dataset.age.replace("#", seconds);
      age.parentElement.classList.toggle("old", seconds > 30);
    }
    for (const count of document.querySelectorAll(".count[data-due]")) {
      const left = (Number(count.dataset.due) - now) / 1000;
      const sign = count.parentElement.querySelector(".sign");
      const clock = count.closest(".clock");
      count.textContent = two(left);
      sign.textContent = left < 0 ? sign.dataset.over : sign.dataset.left;
      if (left < 0) clock.className = "clock c-late";
    }
  };

  const keep = (fresh) => {
    const main = document.getElementById("main");
    const next = fresh.getElementById("main");
    if (!next) return;
    const open = [...main.querySelectorAll("details[open]")].map((one) => one.id);
    const at = document.activeElement;
    const focus = main.contains(at) ? at.getAttribute("href") || at.parentElement.id : null;
    for (const id of open) {
      const one = next.querySelector(`#${CSS.escape(id)}`);
      if (one) one.open = true;
    }
    main.replaceWith(next);
    if (focus) {
      const again = [...next.querySelectorAll("a[href], summary")].find(
        (one) => one.getAttribute("href") === focus || one.parentElement.id === focus,
      );
      if (again) again.focus({ preventScroll: true });
    }
    learn();
    tick();
  };

  const look = async () => {
    if (busy || document.hidden || String(getSelection())) return;
    busy = true;
    const offline = document.getElementById("offline");
    try {
      const answer = await fetch(location.href, { cache: "no-store", headers: { Accept: "text/html" }, signal: AbortSignal.timeout(10000) });
      if (!answer.ok) throw new Error(answer.status);
      keep(new DOMParser().parseFromString(await answer.text(), "text/html"));
      offline.hidden = true;
    } catch {
      offline.hidden = false;
    } finally {
      busy = false;
    }
  };

  learn();
  tick();
  setInterval(tick, 1000);
  setInterval(look, every);
  document.addEventListener("visibilitychange", look);
})();
