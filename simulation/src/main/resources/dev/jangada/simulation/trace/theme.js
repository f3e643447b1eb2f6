"use strict";

/*
 * Colours, and the sizes of canvases. Terms take their colours in turn from a list whose neighbours
 * are easy to tell apart, also for the colour-blind; a term is always written beside its colour.
 */

const TERM_COLOURS = {
  light: ["#3b6fb6", "#d9822b", "#3d9a5f", "#8e63b0", "#1f9aa8", "#b58a1b", "#c4628a", "#7a6a58"],
  dark: ["#6ea3e8", "#f0a04b", "#63c088", "#b990dc", "#4dc3cf", "#dcb344", "#e58bb0", "#ad9b86"],
};

class Theme {
  constructor() {
    this.media = window.matchMedia("(prefers-color-scheme: dark)");
    this.chosen = null;
    this.refresh();
  }

  toggle() {
    this.chosen = this.name === "dark" ? "light" : "dark";
    this.refresh();
  }

  refresh() {
    this.name = this.chosen || (this.media.matches ? "dark" : "light");
    document.documentElement.dataset.theme = this.name;
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    this.paper = colour("paper");
    this.ink = colour("ink");
    this.soft = colour("soft");
    this.faint = colour("faint");
    this.line = colour("line");
    this.bad = colour("bad");
    this.good = colour("good");
    this.warn = colour("warn");
    this.accent = colour("accent");
    this.vote = colour("vote");
    this.append = colour("append");
    this.reply = colour("reply");
  }

  term(term) {
    if (!term) return this.faint;
    const colours = TERM_COLOURS[this.name];
    return colours[(term - 1) % colours.length];
  }

  /** What is read on a term's colour. */
  onTerm() {
    return this.name === "dark" ? "#101418" : "#ffffff";
  }

  message(kind) {
    switch (GROUP_OF_MESSAGE[kind]) {
      case "elections": return kind.endsWith("refused") || kind === "stale-term" ? this.bad : this.vote;
      case "append": return kind === "rejected" ? this.bad : this.append;
      case "accepted": return this.reply;
      case "heartbeat": return this.faint;
      default: return this.soft;
    }
  }
}

/** A canvas that is as sharp as the screen and redraws itself once a frame at most. */
class Surface {
  constructor(canvas, draw) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.draw = draw;
    this.due = false;
    this.width = 0;
    this.height = 0;
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
  }

  resize() {
    const box = this.canvas.getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    this.width = box.width;
    this.height = box.height;
    this.canvas.width = Math.round(box.width * ratio);
    this.canvas.height = Math.round(box.height * ratio);
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.invalidate();
  }

  invalidate() {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => {
      this.due = false;
      if (this.width > 0 && this.height > 0) {
        this.context.clearRect(0, 0, this.width, this.height);
        this.draw(this.context, this.width, this.height);
      }
    });
  }
}

/** Text that stays readable on whatever is below it. */
function writeOver(context, text, x, y, colour, halo) {
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = halo;
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

/** Roles as there is room for them. */
const SHORT_ROLE = { follower: "follower", "pre-candidate": "pre-cand.", candidate: "candidate", leader: "leader" };

/** Diagonal lines over a rectangle. */
function hatch(context, x, y, width, height, colour, gap = 6) {
  if (width <= 0) return;
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  // Lines at places that do not depend on x, so that neighbouring rectangles match.
  const first = Math.floor((x - height) / gap) * gap;
  for (let at = first; at < x + width; at += gap) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }
  context.stroke();
  context.restore();
}

function roundTimeStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  for (const factor of [1, 2, 5, 10]) if (power * factor >= rough) return power * factor;
  return power * 10;
}
