// Reloads a preview's page when a file of its course is saved; the browser keeps the place on the page.
(() => {
  "use strict";

  const EVERY = 500; // ms
  const version = document.querySelector("meta[name=fluence-version]").content;
  const watching = document.getElementById("watching");

  const tell = (words) => { if (watching.textContent !== words) watching.textContent = words; };

  const look = async () => {
    try {
      const answer = await fetch(`/changes?since=${version}`);
      if (!answer.ok) throw new Error(answer.status);
      if ((await answer.json()).changed) return location.reload();
      tell("This page reloads as you save.");
    } catch {
      tell("The preview does not answer. Start it again; this page then goes on by itself.");
    }
    return setTimeout(look, EVERY);
  };

  look();
})();
