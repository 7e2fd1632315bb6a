// Reloads a preview's page when a file of its course is saved, and keeps the place on the page.
(() => {
  "use strict";

  const EVERY = 500; // ms
  const version = document.querySelector("meta[name=fluence-version]").content;
  const watching = document.getElementById("watching");

  // Pictures of a lesson wait until they are looked at: without their heights a place would be another one.
  const KEPT = "fluence-preview-place";
  const place = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (place) {
    const pictures = [...document.images];
    pictures.forEach((one) => { one.loading = "eager"; });
    Promise.allSettled(pictures.map((one) => one.decode())).then(() => scrollTo(0, Number(place)));
  }
  const reload = () => {
    sessionStorage.setItem(KEPT, scrollY);
    location.reload();
  };

  const tell = (words) => { if (watching.textContent !== words) watching.textContent = words; };

  const look = async () => {
    try {
      const answer = await fetch(`/changes?since=${version}`);
      if (!answer.ok) throw new Error(answer.status);
      if ((await answer.json()).changed) return reload();
      tell("This page reloads as you save.");
    } catch {
      tell("The preview does not answer. Start it again; this page then goes on by itself.");
    }
    return setTimeout(look, EVERY);
  };

  look();
})();
