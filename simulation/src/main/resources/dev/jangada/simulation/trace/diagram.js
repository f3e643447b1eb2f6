"use strict";

/*
 * The time-space diagram: a lane for each node, time from left to right, messages as arrows from
 * lane to lane. Only what is in view is looked at, and when there is more of it than anybody could
 * tell apart, only what matters most is drawn, and the corner says so.
 */

const MAX_ARROWS = 1200;
const MAX_MARKS = 1500;
const LANE_LABEL_WIDTH = 78;
const AXIS_HEIGHT = 22;
const FAULT_ROW = 14;

class Diagram {
  constructor(canvas, page) {
    this.page = page;
    this.model = page.model;
    this.theme = page.theme;
    this.hits = [];
    this.hover = null;
    this.surface = new Surface(canvas, (context, width, height) => this.draw(context, width, height));
    this.stackFaults();
  }

  /** Faults that overlap are written one below the other. */
  stackFaults() {
    const rows = [];
    for (const fault of this.model.faults) {
      let row = rows.findIndex((end) => end <= fault.from);
      if (row < 0) row = rows.length < 3 ? rows.push(0) - 1 : rows.indexOf(Math.min(...rows));
      rows[row] = Math.max(rows[row], fault.to);
      fault.row = row;
    }
    this.faultRows = rows.length;
  }

  get top() {
    return 6 + this.faultRows * FAULT_ROW + 12;
  }

  get plotWidth() {
    return Math.max(10, this.surface.width - LANE_LABEL_WIDTH - 8);
  }

  laneY(k) {
    const shown = this.page.shownNodes;
    const place = shown.indexOf(k);
    if (place < 0) return -1;
    const room = this.surface.height - this.top - AXIS_HEIGHT;
    return this.top + room * ((place + 0.5) / Math.max(1, shown.length));
  }

  x(time) {
    const { from, to } = this.page.view;
    return LANE_LABEL_WIDTH + ((time - from) / (to - from)) * this.plotWidth;
  }

  timeAt(x) {
    const { from, to } = this.page.view;
    return from + ((x - LANE_LABEL_WIDTH) / this.plotWidth) * (to - from);
  }

  invalidate() {
    this.surface.invalidate();
  }

  draw(context, width, height) {
    this.prepare();
    this.hits = [];
    this.hidden = 0;
    const { view } = this.page;
    context.font = "11px system-ui, sans-serif";
    this.drawAxis(context, width, height);
    context.save();
    context.beginPath();
    context.rect(LANE_LABEL_WIDTH, 0, width - LANE_LABEL_WIDTH, height);
    context.clip();
    this.drawFaults(context, view);
    this.drawLanes(context, view);
    this.drawMessages(context, view);
    this.writeReigns(context);
    this.drawMarks(context, view);
    this.drawFlags(context, view);
    this.drawCursor(context, height);
    this.drawSelection(context);
    context.restore();
    this.drawLabels(context);
    this.drawHidden(context, width, height);
  }

  drawAxis(context, width, height) {
    const { theme } = this;
    const { from, to } = this.page.view;
    const step = roundTimeStep(((to - from) / this.plotWidth) * 90);
    const y = height - AXIS_HEIGHT;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let time = Math.ceil(from / step) * step; time <= to; time += step) {
      const x = this.x(time);
      context.strokeStyle = theme.line;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x, this.top - 8);
      context.lineTo(x, y);
      context.stroke();
      context.fillStyle = theme.soft;
      context.fillText(`${seconds(time, step)} s`, x, y + AXIS_HEIGHT / 2);
    }
  }

  drawFaults(context, view) {
    const { theme } = this;
    const half = this.laneHalf();
    for (const fault of this.model.faults) {
      if (fault.to < view.from || fault.from > view.to || !this.page.isShown(fault.i)) continue;
      const x = this.x(fault.from);
      const width = Math.max(2, this.x(fault.to) - x);
      const y = 4 + fault.row * FAULT_ROW;
      context.globalAlpha = 0.08;
      context.fillStyle = theme.bad;
      if (fault.nodes.length === 0) {
        context.fillRect(x, this.top - 8, width, this.surface.height - this.top - AXIS_HEIGHT + 8);
      }
      for (const k of fault.nodes) {
        const lane = this.laneY(k);
        if (lane >= 0) context.fillRect(x, lane - half, width, 2 * half);
      }
      context.globalAlpha = 0.85;
      context.fillRect(x, y, width, FAULT_ROW - 3);
      context.globalAlpha = 1;
      this.hits.push({ i: fault.i, box: [x, y, width, FAULT_ROW - 2] });
      const names = fault.nodes.map((k) => this.model.nodes[k]).join(",");
      const label = `${fault.name} ${names}`;
      const visible = Math.min(x + width, this.surface.width) - Math.max(x, LANE_LABEL_WIDTH);
      if (context.measureText(label).width + 8 < visible) {
        context.fillStyle = theme.paper;
        context.textAlign = "left";
        context.fillText(label, Math.max(x, LANE_LABEL_WIDTH) + 4, y + FAULT_ROW / 2 - 1);
      }
    }
  }

  laneHalf() {
    const room = this.surface.height - this.top - AXIS_HEIGHT;
    return Math.max(9, Math.min(26, room / Math.max(1, this.page.shownNodes.length) / 2 - 6));
  }

  drawLanes(context, view) {
    this.captions = [];
    for (const k of this.page.shownNodes) {
      const y = this.laneY(k);
      for (const reign of this.model.reigns[k]) {
        if (reign.to < view.from || reign.from > view.to) continue;
        const x0 = Math.max(this.x(reign.from), LANE_LABEL_WIDTH - 20);
        const x1 = Math.min(this.x(reign.to), this.surface.width + 20);
        this.drawReign(context, reign, x0, y, Math.max(0.5, x1 - x0));
      }
    }
  }

  drawReign(context, reign, x, y, width) {
    const { theme } = this;
    const colour = theme.term(reign.term);
    let label = "";
    let labelColour = theme.ink;
    let labelY = y;
    if (!reign.up) {
      if (reign.started) {
        hatch(context, x, y - 7, width, 14, theme.faint);
        label = "down";
        labelColour = theme.soft;
      }
    } else if (reign.role === "leader") {
      context.fillStyle = colour;
      context.fillRect(x, y - 9, width, 18);
      label = `leader, term ${reign.term}`;
      labelColour = theme.onTerm();
    } else {
      if (reign.role !== "follower") {
        const half = reign.role === "candidate" ? 8 : 5;
        context.globalAlpha = 0.25;
        context.fillStyle = colour;
        context.fillRect(x, y - half, width, 2 * half);
        context.globalAlpha = 1;
        hatch(context, x, y - half, width, 2 * half, colour, reign.role === "candidate" ? 5 : 9);
        label = `${reign.role}, term ${reign.term}`;
        labelY = y - half - 7;
      } else {
        label = `term ${reign.term}`;
        labelY = y - 10;
      }
      context.fillStyle = colour;
      context.fillRect(x, y - 2, width, 4);
      labelColour = theme.name === "dark" ? colour : theme.soft;
    }
    if (reign.paused) {
      context.globalAlpha = 0.6;
      context.fillStyle = theme.paper;
      context.fillRect(x, y - 9, width, 18);
      context.globalAlpha = 1;
      hatch(context, x, y - 9, width, 18, theme.warn);
      label = "paused";
      labelColour = theme.ink;
      labelY = y;
    }
    const from = Math.max(x, LANE_LABEL_WIDTH);
    const room = Math.min(x + width, this.surface.width) - from;
    if (label && context.measureText(label).width + 12 < room) {
      const halo = reign.up && reign.role === "leader" && !reign.paused ? colour : theme.paper;
      this.captions.push({ label, x: from + 6, y: labelY, colour: labelColour, halo });
    }
  }

  writeReigns(context) {
    context.textAlign = "left";
    context.textBaseline = "middle";
    for (const { label, x, y, colour, halo } of this.captions) writeOver(context, label, x, y, colour, halo);
  }

  // -------------------------------------------------------------------------------------------
  // Messages
  // -------------------------------------------------------------------------------------------

  drawMessages(context, view) {
    let drawn = 0;
    let full = false;
    const shown = [];
    for (const { segments, starts, long } of this.ranked) {
      const first = lowerBound(starts, view.from - LONG_MICROS);
      const last = lowerBound(starts, view.to);
      full = full || drawn + (last - first) > MAX_ARROWS;
      if (full) {
        this.hidden += last - first;
        continue;
      }
      const visible = long.filter((s) => s.t0 <= view.to && s.t1 >= view.from);
      for (let j = first; j < last; j++) {
        if (segments[j].t1 >= view.from) visible.push(segments[j]);
      }
      drawn += visible.length;
      shown.push(visible);
    }
    // What matters most is drawn last, on top.
    shown.reverse().forEach((segments) => segments.forEach((s) => this.drawArrow(context, s, drawn)));
  }

  /** Sorts what the filters let through by importance, once for each change of the filters. */
  prepare() {
    const { page, model } = this;
    if (this.preparedFor === page.filterVersion) return;
    this.preparedFor = page.filterVersion;
    this.ranked = Array.from({ length: 6 }, () => ({ segments: [], long: [], starts: null }));
    const on = (k) => k >= 0 && page.nodesOn[k];
    for (const s of model.segments) {
      if (!page.isShown(s.sent) || !on(s.from) || !on(s.to)) continue;
      const rank = this.ranked[this.rank(s)];
      (s.t1 - s.t0 > LONG_MICROS ? rank.long : rank.segments).push(s);
    }
    for (const rank of this.ranked) rank.starts = Float64Array.from(rank.segments, (s) => s.t0);
    this.marks = { important: [], roles: [], others: [] };
    for (const i of page.shown) {
      const kind = model.kind[i];
      if (model.node[i] < 0 || kind === "send" || kind === "recv" || kind === "drop") continue;
      if (kind === "role") this.marks.roles.push(i);
      else if (GROUPS[model.group[i]].rank === 0 || kind === "truncated") this.marks.important.push(i);
      else this.marks.others.push(i);
    }
  }

  /** How important a message is, 0 for the most important ones. */
  rank(segment) {
    // A node that is cut off asks around again and again, and changes nothing by it.
    if (segment.kind.startsWith("pre-vote")) return segment.fate ? 5 : 2;
    return GROUPS[segment.group].rank;
  }

  /** From and to on the canvas; the end of what is lost is short of its lane. */
  ends(segment) {
    const up = segment.to < segment.from ? -1 : 1;
    const x0 = this.x(segment.t0);
    const y0 = this.laneY(segment.from) + up * 3;
    let x1 = this.x(segment.t1);
    let y1 = this.laneY(segment.to) - up * 3;
    if (segment.fate === "lost" || segment.fate === "cut" || segment.fate === "down") {
      if (segment.t1 === segment.t0) {
        // Lost on the spot: shown as a stub in the direction it would have taken.
        x1 = x0 + 7;
        y1 = y0 + (y1 - y0) * 0.3;
      } else {
        x1 = x0 + (x1 - x0) * 0.85;
        y1 = y0 + (y1 - y0) * 0.85;
      }
    }
    return [x0, y0, x1, y1];
  }

  drawArrow(context, segment, count) {
    const { theme } = this;
    const [x0, y0, x1, y1] = this.ends(segment);
    const colour = segment.fate && segment.fate !== "under way" ? theme.bad : theme.message(segment.kind);
    const crowded = count > 600;
    context.strokeStyle = colour;
    context.fillStyle = colour;
    context.globalAlpha = crowded ? 0.55 : 0.9;
    context.lineWidth = segment.kind === "heartbeat" || segment.kind === "accepted" ? 0.8 : 1.3;
    context.setLineDash(segment.fate ? [4, 3] : segment.kind.endsWith("refused") || segment.kind === "rejected" ? [6, 2] : []);
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
    context.setLineDash([]);
    if (segment.fate && segment.fate !== "under way") {
      context.lineWidth = 1.6;
      context.beginPath();
      context.moveTo(x1 - 3.5, y1 - 3.5);
      context.lineTo(x1 + 3.5, y1 + 3.5);
      context.moveTo(x1 - 3.5, y1 + 3.5);
      context.lineTo(x1 + 3.5, y1 - 3.5);
      context.stroke();
    } else if (!crowded && !segment.fate) {
      this.drawHead(context, x0, y0, x1, y1, segment.kind);
    }
    context.globalAlpha = 1;
    this.hits.push({ i: segment.sent, segment, line: [x0, y0, x1, y1] });
  }

  /** Requests have a full head, answers an open one. */
  drawHead(context, x0, y0, x1, y1, kind) {
    const angle = Math.atan2(y1 - y0, x1 - x0);
    const size = kind === "heartbeat" || kind === "accepted" ? 5 : 7;
    const point = (turn) => [x1 - size * Math.cos(angle + turn), y1 - size * Math.sin(angle + turn)];
    context.beginPath();
    context.moveTo(...point(0.4));
    context.lineTo(x1, y1);
    context.lineTo(...point(-0.4));
    const answer = /granted|refused|accepted|rejected|reply|received|stale/.test(kind);
    if (answer) {
      context.stroke();
    } else {
      context.closePath();
      context.fill();
    }
  }

  // -------------------------------------------------------------------------------------------
  // Marks on the lanes
  // -------------------------------------------------------------------------------------------

  drawMarks(context, view) {
    const first = this.model.firstAt(view.from);
    const last = this.model.firstAt(view.to + 1);
    const draw = (marks, most) => {
      const from = lowerBound(marks, first);
      const to = lowerBound(marks, last);
      if (to - from > most) return to - from;
      for (let place = from; place < to; place++) this.drawMark(context, marks[place]);
      return 0;
    };
    // A log's daily business can be told apart only with some room for each mark, and roles are
    // what the lanes show by themselves.
    this.hidden += draw(this.marks.others, Math.min(MAX_MARKS, this.plotWidth / 2));
    draw(this.marks.roles, this.plotWidth / 12);
    draw(this.marks.important, 4 * MAX_MARKS);
  }

  drawMark(context, i) {
    const { model, theme } = this;
    const x = this.x(model.time[i]);
    const y = this.laneY(model.node[i]);
    let at = y;
    context.lineWidth = 1.5;
    switch (model.kind[i]) {
      case "role":
        // The band itself shows the change; this is for the pointer.
        context.fillStyle = theme.ink;
        context.fillRect(x - 0.5, y - 10, 1.2, 20);
        break;
      case "voted":
        at = y + 12;
        context.fillStyle = theme.vote;
        this.polygon(context, [[x - 4, at - 4], [x + 4, at - 4], [x, at + 4]]);
        break;
      case "appended":
        at = y - 14;
        context.fillStyle = theme.append;
        context.fillRect(x - 3, at - 3, 6, 6);
        break;
      case "truncated":
        at = y - 24;
        context.strokeStyle = theme.bad;
        context.strokeRect(x - 3.5, at - 3.5, 7, 7);
        this.cross(context, x, at, 3.5);
        break;
      case "synced":
        at = y - 14;
        context.strokeStyle = theme.append;
        context.strokeRect(x - 2.5, at - 2.5, 5, 5);
        context.fillStyle = theme.append;
        context.fillRect(x - 3, at + 3, 6, 1.5);
        break;
      case "committed":
        at = y + 13;
        context.strokeStyle = theme.good;
        context.beginPath();
        context.moveTo(x - 4, at);
        context.lineTo(x - 1, at + 3);
        context.lineTo(x + 4, at - 4);
        context.stroke();
        break;
      case "applied":
        at = y + 20;
        this.dot(context, x, at, 2.5, theme.good);
        break;
      case "crash":
      case "start-failed":
        context.strokeStyle = theme.bad;
        context.lineWidth = 2.5;
        this.cross(context, x, y, 6);
        break;
      case "start":
        context.fillStyle = theme.good;
        this.polygon(context, [[x - 3, y - 6], [x + 7, y], [x - 3, y + 6]]);
        break;
      case "ask":
        at = y - 20;
        context.fillStyle = theme.soft;
        this.polygon(context, [[x - 3.5, at - 3], [x + 3.5, at - 3], [x, at + 4]]);
        break;
      case "answer": {
        at = y - 20;
        const ok = / ok( |$)/.test(model.line(i).split(" : ")[0]);
        context.fillStyle = ok ? theme.good : theme.warn;
        this.polygon(context, [[x - 3.5, at + 3], [x + 3.5, at + 3], [x, at - 4]]);
        break;
      }
      case "ignore":
        at = y;
        context.strokeStyle = theme.soft;
        context.beginPath();
        context.arc(x, at, 3, 0, 2 * Math.PI);
        context.stroke();
        break;
      default:
        context.fillStyle = theme.accent;
        this.polygon(context, [[x, y - 5], [x + 5, y], [x, y + 5], [x - 5, y]]);
    }
    this.hits.push({ i, point: [x, at] });
  }

  polygon(context, points) {
    context.beginPath();
    points.forEach(([x, y], k) => (k ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.closePath();
    context.fill();
  }

  cross(context, x, y, size) {
    context.beginPath();
    context.moveTo(x - size, y - size);
    context.lineTo(x + size, y + size);
    context.moveTo(x - size, y + size);
    context.lineTo(x + size, y - size);
    context.stroke();
  }

  dot(context, x, y, radius, colour) {
    context.fillStyle = colour;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
  }

  /** Remarks and violations belong to the whole run: flags from top to bottom. */
  drawFlags(context, view) {
    const { model, theme, page } = this;
    let labelEnd = 0;
    for (const i of page.flags) {
      if (model.time[i] < view.from || model.time[i] > view.to || !page.isShown(i)) continue;
      const bad = model.kind[i] === "violation";
      const x = this.x(model.time[i]);
      const y = this.surface.height - AXIS_HEIGHT - 8;
      context.strokeStyle = bad ? theme.bad : theme.accent;
      context.lineWidth = bad ? 2 : 1;
      context.setLineDash(bad ? [] : [2, 3]);
      context.beginPath();
      context.moveTo(x, this.top - 8);
      context.lineTo(x, y + 8);
      context.stroke();
      context.setLineDash([]);
      context.fillStyle = bad ? theme.bad : theme.accent;
      const full = bad ? "VIOLATION" : model.fields(i).text;
      const label = full.length > 34 ? `${full.slice(0, 33)}…` : full;
      const width = context.measureText(label).width;
      const left = x + width + 8 > this.surface.width;
      if (x > labelEnd || bad) {
        context.textAlign = left ? "right" : "left";
        context.fillText(label, x + (left ? -5 : 5), y);
        labelEnd = x + width + 12;
      }
      this.hits.push({ i, point: [x, y] });
    }
  }

  drawCursor(context, height) {
    const x = this.x(this.page.time);
    context.strokeStyle = this.theme.accent;
    context.lineWidth = 1.2;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, height - AXIS_HEIGHT);
    context.stroke();
    // Messages on their way at this moment.
    this.model.segmentsBetween(this.page.time, this.page.time, (s) => {
      if (s.to < 0 || s.t0 >= s.t1 || !this.page.isShown(s.sent)) return;
      const y0 = this.laneY(s.from);
      const y1 = this.laneY(s.to);
      if (y0 < 0 || y1 < 0) return;
      const done = (this.page.time - s.t0) / (s.t1 - s.t0);
      this.dot(context, x, y0 + (y1 - y0) * done, 3.5, this.theme.message(s.kind));
    });
  }

  drawSelection(context) {
    const { model, page, theme } = this;
    const i = page.selected;
    if (i < 0) return;
    const sent = model.kind[i] === "send" ? i : model.kind[i] === "recv" || model.kind[i] === "drop" ? model.ref[i] : -1;
    context.strokeStyle = theme.accent;
    context.lineWidth = 3;
    if (sent >= 0) {
      for (const end of model.arrivals.get(sent) || [-1]) {
        const segment = model.segment(sent, end);
        if (segment.to < 0 || this.laneY(segment.from) < 0 || this.laneY(segment.to) < 0) continue;
        const [x0, y0, x1, y1] = this.ends(segment);
        context.globalAlpha = 0.85;
        context.beginPath();
        context.moveTo(x0, y0);
        context.lineTo(x1, y1);
        context.stroke();
        context.globalAlpha = 1;
        this.drawLabelOf(context, segment, (x0 + x1) / 2, (y0 + y1) / 2);
      }
    }
    const y = model.node[i] < 0 ? -1 : this.laneY(model.node[i]);
    if (y >= 0) {
      context.beginPath();
      context.arc(this.x(model.time[i]), y, 7, 0, 2 * Math.PI);
      context.lineWidth = 2;
      context.stroke();
    }
  }

  drawLabelOf(context, segment, x, y) {
    const label = segment.kind + (segment.fate ? ` (${segment.fate})` : "");
    const width = context.measureText(label).width + 10;
    const left = x + width + 12 > this.surface.width ? x - width - 6 : x + 6;
    context.fillStyle = this.theme.accent;
    context.fillRect(left, y - 9, width, 17);
    context.fillStyle = this.theme.paper;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(label, left + 5, y);
  }

  drawLabels(context) {
    const { theme, model, page } = this;
    const states = model.statesAfter(page.selected);
    const reference = model.referenceLog(states);
    context.textAlign = "left";
    context.textBaseline = "middle";
    for (const k of page.shownNodes) {
      const y = this.laneY(k);
      const state = states[k];
      const leads = state.up && state.role === "leader";
      context.fillStyle = leads ? theme.term(state.term) : theme.ink;
      context.font = `${leads ? "700" : "600"} 13px system-ui, sans-serif`;
      context.fillText(model.nodes[k], 8, y - 7);
      context.font = "10px system-ui, sans-serif";
      context.fillStyle = theme.soft;
      const role = !state.up ? "down" : state.paused ? "paused" : leads && reference !== state ? "old leader" : SHORT_ROLE[state.role];
      context.fillText(role, 8, y + 7);
    }
    context.font = "11px system-ui, sans-serif";
  }

  drawHidden(context, width, height) {
    if (!this.hidden) return;
    const label = `${this.hidden.toLocaleString("en")} more: zoom in, or filter`;
    const size = context.measureText(label).width + 14;
    context.globalAlpha = 0.9;
    context.fillStyle = this.theme.paper;
    context.fillRect(width - size - 6, height - AXIS_HEIGHT - 20, size, 17);
    context.globalAlpha = 1;
    context.fillStyle = this.theme.soft;
    context.textAlign = "right";
    context.fillText(label, width - 13, height - AXIS_HEIGHT - 11);
  }

  // -------------------------------------------------------------------------------------------
  // The pointer
  // -------------------------------------------------------------------------------------------

  /** Index of the event that is drawn at a place, -1 if there is none. */
  eventAt(x, y) {
    let best = -1;
    let least = 9;
    for (const hit of this.hits) {
      let distance = Infinity;
      let i = hit.i;
      if (hit.point) {
        distance = Math.hypot(hit.point[0] - x, hit.point[1] - y);
      } else if (hit.line) {
        const [away, along] = this.distance(hit.line, x, y);
        // Marks are small and win over the lines that cross them.
        distance = away + 2;
        if (along > 0.5 && hit.segment.end >= 0) i = hit.segment.end;
      } else if (hit.box) {
        const [left, top, width, height] = hit.box;
        if (x >= left && x <= left + width && y >= top && y <= top + height) distance = 0;
      }
      if (distance < least) {
        least = distance;
        best = i;
      }
    }
    return best;
  }

  /** Distance from a line, and how far along it, from 0 to 1. */
  distance([x0, y0, x1, y1], x, y) {
    const length = (x1 - x0) ** 2 + (y1 - y0) ** 2;
    const along = length ? Math.max(0, Math.min(1, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length)) : 0;
    return [Math.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0)), along];
  }
}
