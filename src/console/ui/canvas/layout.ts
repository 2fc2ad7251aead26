/**
 * Where a canvas draws what: from top to bottom, steps of a list below each other, lanes beside each other, all centred on
 * the wire. Lengths in CSS pixels. Pure.
 */

import { type CanvasFlow, type CanvasLane, type CanvasStep, type Spot, spotIn } from "./tree.ts";

export const STEP = { width: 310, height: 66 };
/** A target of 24 px is the least that WCAG 2.2 allows. */
export const ADD_SIZE = 24;
const WIRE = 12;
/** From a step down to its lanes, and from these to what comes after. */
const FAN = 26;
const LANE_GAP = 28;
const LANE_NAME = 24;
const LANE_EMPTY = 18;
/** A lane without steps is narrower. */
const EMPTY_WIDTH = 190;
const FRAME = { pad: 14, title: 28 };
const END = { width: 200, height: 24 };

export type Box =
  & { key: string; x: number; y: number; width: number; height: number }
  & (
    | { kind: "step"; step: CanvasStep }
    | { kind: "add"; spot: Spot }
    | { kind: "lane"; lane: CanvasLane }
    | { kind: "frame"; step: CanvasStep }
    | { kind: "end"; text: string }
  );

export interface Wire {
  key: string;
  /** Keys of boxes. */
  from: string;
  to: string;
  tone?: CanvasLane["tone"];
  /** Out of the side of its box, dashed. */
  isAside: boolean;
}

export interface Layout {
  boxes: readonly Box[];
  wires: readonly Wire[];
  width: number;
  height: number;
  /** Where the wire of the flow's own list goes. */
  axis: number;
}

/** A part that is laid out around x = 0, where its wire goes, from y = 0 on. */
interface Piece {
  left: number;
  right: number;
  height: number;
  boxes: Box[];
  wires: Wire[];
  /** Key of the box that wires come to. */
  first: string;
  /** Keys of the boxes that wires leave. */
  ends: readonly string[];
}

/** The canvas begins at 0, 0. */
export function layoutOf({ head, steps, end }: CanvasFlow): Layout {
  const piece = emptyPiece();
  for (const step of head) {
    if (piece.height > 0) piece.height += 2 * WIRE;
    append(piece, stepPiece(step));
  }
  if (piece.height > 0) piece.height += WIRE;
  append(piece, listPiece(steps));
  piece.height += WIRE;
  append(piece, {
    ...emptyPiece(),
    ...halves(END.width),
    height: END.height,
    boxes: [{ kind: "end", text: end, key: "end", x: -END.width / 2, y: 0, ...END }],
    first: "end",
  });
  const boxes = piece.boxes.map((box): Box => ({ ...box, x: box.x + piece.left }));
  return { boxes, wires: piece.wires, width: piece.left + piece.right, height: piece.height, axis: piece.left };
}

function listPiece(steps: readonly CanvasStep[], within?: { lane: CanvasLane; owner: CanvasStep }): Piece {
  const piece = emptyPiece();
  const addAt = (index: number) => append(piece, addPiece(spotIn(within?.lane, { index, owner: within?.owner })));
  steps.forEach((step, index) => {
    addAt(index);
    piece.height += WIRE;
    append(piece, stepPiece(step));
    piece.height += WIRE;
  });
  if (steps.at(-1)?.isEnd) return piece;
  addAt(steps.length);
  return piece;
}

function addPiece(spot: Spot): Piece {
  const key = addKey(spot);
  return {
    ...emptyPiece(),
    ...halves(ADD_SIZE),
    height: ADD_SIZE,
    boxes: [{ kind: "add", spot, key, x: -ADD_SIZE / 2, y: 0, width: ADD_SIZE, height: ADD_SIZE }],
    first: key,
    ends: [key],
  };
}

export function addKey({ lane, index }: Pick<Spot, "lane" | "index">): string {
  return `add ${lane ?? ""} ${index}`;
}

function stepPiece(step: CanvasStep): Piece {
  const { key, lanes, frame } = step;
  const piece: Piece = {
    ...emptyPiece(),
    ...halves(STEP.width),
    height: STEP.height,
    boxes: [{ kind: "step", step, key, x: -STEP.width / 2, y: 0, ...STEP }],
    first: key,
    ends: step.isEnd ? [] : [key],
  };
  const columns = lanes.filter(({ way }) => way === "below");
  if (columns.length > 0) addColumns(piece, { step, columns });
  const whole = frame === undefined ? piece : framed(piece, step);
  const asides = lanes.filter(({ way }) => way === "aside");
  if (asides.length > 0) addAsides(whole, { step, asides });
  for (const lane of lanes.filter(({ way }) => way === "after")) {
    whole.height += FAN;
    append(whole, lanePiece(lane, step), lane.tone);
  }
  return whole;
}

/** Lanes beside each other, below the step. */
function addColumns(piece: Piece, { step, columns }: { step: CanvasStep; columns: readonly CanvasLane[] }) {
  const pieces = columns.map((lane) => ({ lane, own: lanePiece(lane, step) }));
  const width = pieces.reduce((sum, { own }) => sum + own.left + own.right, LANE_GAP * (pieces.length - 1));
  // The wires of the first and the last are equally long; the one lane of a loop goes straight on.
  const ofFirst = pieces[0]!.own.left;
  const ofLast = width - pieces.at(-1)!.own.right;
  let x = -(ofFirst + ofLast) / 2;
  const y = piece.height + FAN;
  const ends: string[] = [];
  for (const { lane, own } of pieces) {
    place(piece, own, { x: x + own.left, y });
    piece.wires.push(wire(step.key, own.first, { tone: lane.tone }));
    if (lane.isOnTheWay) ends.push(...own.ends);
    x += own.left + own.right + LANE_GAP;
  }
  piece.height = y + Math.max(...pieces.map(({ own }) => own.height)) + FAN - WIRE;
  piece.ends = columns.some(({ isOnTheWay }) => isOnTheWay) ? ends : [step.key];
}

/** Lanes that leave out of the side: on the right of all that is there. */
function addAsides(piece: Piece, { step, asides }: { step: CanvasStep; asides: readonly CanvasLane[] }) {
  const from = step.frame === undefined ? step.key : frameKey(step);
  const ends = [...piece.ends];
  let { height } = piece;
  for (const lane of asides) {
    const own = lanePiece(lane, step);
    place(piece, own, { x: piece.right + LANE_GAP + own.left, y: STEP.height + FAN });
    piece.wires.push(wire(from, own.first, { tone: lane.tone, isAside: true }));
    if (lane.isOnTheWay) ends.push(...own.ends);
    height = Math.max(height, STEP.height + FAN + own.height + FAN - WIRE);
  }
  piece.height = height;
  piece.ends = ends;
}

function lanePiece(lane: CanvasLane, owner: CanvasStep): Piece {
  const isEmpty = lane.steps.length === 0;
  const width = isEmpty ? EMPTY_WIDTH : STEP.width;
  const height = LANE_NAME + (isEmpty ? LANE_EMPTY : 0);
  const key = `lane ${lane.key}`;
  const piece: Piece = {
    ...emptyPiece(),
    ...halves(width),
    height,
    boxes: [{ kind: "lane", lane, key, x: -width / 2, y: 0, width, height }],
    first: key,
    ends: [key],
  };
  piece.height += WIRE / 2;
  append(piece, listPiece(lane.steps, { lane, owner }));
  return piece;
}

/** With a frame around all of it, which the wires leave. */
function framed(piece: Piece, step: CanvasStep): Piece {
  const whole = emptyPiece();
  const key = frameKey(step);
  // Behind the rest: drawn first.
  whole.boxes.push({ kind: "frame", step, key, x: 0, y: 0, width: 0, height: 0 });
  place(whole, piece, { x: 0, y: FRAME.title });
  whole.left += FRAME.pad;
  whole.right += FRAME.pad;
  whole.height = FRAME.title + piece.height + FRAME.pad;
  const size = { x: -whole.left, y: 0, width: whole.left + whole.right, height: whole.height };
  whole.boxes[0] = { ...whole.boxes[0]!, ...size };
  return { ...whole, first: piece.first, ends: [key] };
}

function frameKey({ key }: CanvasStep): string {
  return `frame ${key}`;
}

function emptyPiece(): Piece {
  return { left: 0, right: 0, height: 0, boxes: [], wires: [], first: "", ends: [] };
}

function halves(width: number) {
  return { left: width / 2, right: width / 2 };
}

/** Puts `next` below what is there, with wires to it. */
function append(piece: Piece, next: Piece, tone?: CanvasLane["tone"]) {
  const isFirst = piece.first === "";
  for (const end of piece.ends) piece.wires.push(wire(end, next.first, { tone }));
  const { height } = piece;
  place(piece, next, { x: 0, y: height });
  piece.height = height + next.height;
  if (isFirst) piece.first = next.first;
  piece.ends = next.ends;
}

function place(piece: Piece, next: Piece, { x, y }: { x: number; y: number }) {
  for (const box of next.boxes) piece.boxes.push({ ...box, x: box.x + x, y: box.y + y });
  piece.wires.push(...next.wires);
  piece.left = Math.max(piece.left, next.left - x);
  piece.right = Math.max(piece.right, next.right + x);
}

function wire(from: string, to: string, { tone, isAside = false }: Partial<Pick<Wire, "tone" | "isAside">>): Wire {
  return { key: `${from} > ${to}`, from, to, tone, isAside };
}

export interface View {
  x: number;
  y: number;
  zoom: number;
}

const MARGIN = 20;
/** Below it the sentences cannot be read: what does not fit is reached by scrolling. */
const MIN_READ_ZOOM = 0.6;

/** The view that shows the whole of it, at most at its own size; from the middle of its top on where that would be too small to read. */
export function fittingView(
  { width, height, axis }: Pick<Layout, "width" | "height" | "axis">,
  room: { width: number; height: number },
  minZoom = MIN_READ_ZOOM,
): View {
  const across = (room.width - 2 * MARGIN) / width;
  const down = (room.height - 2 * MARGIN) / height;
  const zoom = Math.min(1, Math.max(minZoom, Math.min(across, down)));
  const isWide = width * zoom > room.width - 2 * MARGIN + 1;
  const isTall = height * zoom > room.height - 2 * MARGIN + 1;
  return {
    x: isWide ? room.width / 2 - axis * zoom : (room.width - width * zoom) / 2,
    y: isTall ? MARGIN : Math.min(MARGIN * 2, (room.height - height * zoom) / 2),
    zoom,
  };
}

/** The view moved as little as shows the box; the same one where it is in sight. */
export function viewShowing(
  { x, y, zoom }: View,
  box: Pick<Box, "x" | "y" | "width" | "height">,
  room: { width: number; height: number },
): View {
  const moved = (at: number, from: number, size: number, within: number) => {
    const start = from * zoom + at;
    const end = start + size * zoom;
    if (end > within - MARGIN) at -= end - (within - MARGIN);
    const now = from * zoom + at;
    return now < MARGIN ? at + MARGIN - now : at;
  };
  return {
    x: moved(x, box.x, box.width, room.width),
    y: moved(y, box.y, box.height, room.height),
    zoom,
  };
}
