// Draws the charts, one after the other, from the top: each is there as soon as it can be.
async function draw() {
  for (const place of document.querySelectorAll(".chart")) {
    const chart = document.getElementById(`${place.dataset.chart}-chart`);
    const options = { renderer: "svg", actions: false };
    try {
      await vegaEmbed(place, JSON.parse(chart.textContent), options);
    } catch (error) {
      place.textContent = `This browser cannot draw the figure (${error.message}): see its SVG or PNG.`;
    }
    hint();
  }
  document.body.dataset.drawn = "all";
}

// Says so where a box is wider than it shows.
function hint() {
  for (const box of document.querySelectorAll(".scroll")) {
    box.previousElementSibling.hidden = box.scrollWidth <= box.clientWidth;
  }
}

addEventListener("resize", hint);
document.addEventListener("toggle", hint, true); // what is unfolded gets its width then
hint();
draw();
