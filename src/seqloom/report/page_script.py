"""What runs on a page: the font where one is missing, the charts, and what the pointer finds in large heat maps.

Vega's expressions are interpreted (`ast`), never compiled, so that a page may forbid every other script.
"""

from functools import lru_cache

from seqloom.report.attention_page import SCRIPT as FONTLESS
from seqloom.report.chart_svg import missing

START = (
    FONTLESS
    + """
async function letters() {
  const given = document.getElementById("hangul");
  if (!given || !document.documentElement.classList.contains("fontless")) return;
  const bytes = Uint8Array.from(atob(given.textContent), (one) => one.charCodeAt(0));
  document.fonts.add(await new FontFace("Seqloom Hangul", bytes.buffer).load());
}
async function charts() {
  const given = document.getElementById("charts");
  if (!given) return;
  const specs = JSON.parse(given.textContent);
  const options = { mode: "vega-lite", renderer: "svg", actions: false, ast: true };
  for (const place of document.querySelectorAll("[data-chart]")) {
    const spec = specs[Number(place.dataset.chart)];
    spec.config.font = getComputedStyle(document.documentElement).getPropertyValue("--typed").trim();
    try {
      await vegaEmbed(place, spec, options);
    } catch (error) {
      place.textContent = "This chart cannot be drawn: " + error;
    }
  }
}
function heats() {
  const tip = document.getElementById("tip");
  for (const given of document.querySelectorAll("script.heat")) {
    const heat = JSON.parse(given.textContent);
    const values = new Float32Array(Uint8Array.from(atob(heat.values), (one) => one.charCodeAt(0)).buffer);
    const image = given.parentElement.querySelector("image.grid");
    image.addEventListener("pointermove", (event) => {
      const box = image.getBoundingClientRect();
      const at = (offset, size, count) => Math.max(0, Math.min(count - 1, Math.floor((offset / size) * count)));
      const row = at(event.clientY - box.top, box.height, heat.rows.length);
      const column = at(event.clientX - box.left, box.width, heat.columns.length);
      const value = values[row * heat.columns.length + column];
      const said = Number.isNaN(value) ? "none" : String(Number(value.toPrecision(4)));
      tip.textContent = heat.rows[row] + " × " + heat.columns[column] + ": " + said;
      tip.style.left = event.pageX + 12 + "px";
      tip.style.top = event.pageY + 12 + "px";
      tip.hidden = false;
    });
    image.addEventListener("pointerleave", () => { tip.hidden = true; });
  }
}
document.addEventListener("DOMContentLoaded", async () => {
  await letters();
  heats();
  await charts();
  document.documentElement.dataset.drawn = "yes";
});
"""
)


@lru_cache(maxsize=1)
def vega() -> str:
    """Return Vega-Lite and all that it needs, as one script. Raises ResourceError where it is not installed."""
    try:
        from vl_convert import javascript_bundle
    except ImportError:
        raise missing() from None
    library = javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return f"(() => {{\n{library}\n}})();"
