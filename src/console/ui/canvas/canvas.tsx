/**
 * A flow drawn from top to bottom, laid out by itself: pan, zoom, walk by arrows, and a "+" on every wire. It draws what it is
 * given and changes nothing: what a key or a press means to the flow is its owner's matter. Loaded when it is first shown.
 */

import {
  type Edge,
  Handle,
  MiniMap,
  type Node,
  type NodeProps,
  Panel,
  Position,
  ReactFlow,
  ReactFlowProvider,
  type SmoothStepPathOptions,
  useReactFlow,
  useStore,
  useViewport,
} from "@xyflow/react";
import {
  createContext,
  type KeyboardEvent,
  type ReactNode,
  useContext,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { say, sayCount } from "../../words/say.ts";
import { Tag } from "../tag.tsx";
import "./canvas.css";
import { ADD_SIZE, addKey, type Box, fittingView, type Layout, layoutOf, viewShowing, type Wire } from "./layout.ts";
import { Mark } from "./marks.tsx";
import { type Arrow, type CanvasFlow, type Spot, spotBehind, stepBeside, stepsIn } from "./tree.ts";

export interface CanvasProps {
  label: string;
  flow: CanvasFlow;
  /** Key of the step whose form is shown. */
  open: string | undefined;
  onOpen(key: string): void;
  /** Keys that are not the canvas's own: arrows, Enter, A and Escape are. */
  onKey?(key: string, event: KeyboardEvent): void;
  /** What adds a step at a spot; undefined where nothing may be changed. */
  adder?(spot: Spot, close: () => void): ReactNode;
}

/** From so many steps on a map of the whole is shown. */
const MAP_FROM = 30;
const ADDER_WIDTH = 380;
/** With the list below the field. */
const ADDER_HEIGHT = 360;
const ZOOMS = { min: 0.2, max: 1.5, step: 1.25 };

export function Canvas(props: CanvasProps) {
  return (
    <ReactFlowProvider>
      <Drawn {...props} />
    </ReactFlowProvider>
  );
}

type BoxNode = Node<{ box: Box }, Box["kind"]>;

interface Held extends Pick<CanvasProps, "open" | "onOpen" | "onKey"> {
  /** The step that Tab comes to. */
  current: string | undefined;
  onCurrent(key: string): void;
  walk(from: string, arrow: Arrow): void;
  canAdd: boolean;
  adding: string | undefined;
  onAdd(spot: Spot | undefined): void;
  flow: CanvasFlow;
}

const HeldContext = createContext<Held | undefined>(undefined);

function useHeld(): Held {
  return useContext(HeldContext)!;
}

function Drawn({ label, flow, open, onOpen, onKey, adder }: CanvasProps) {
  const layout = useMemo(() => layoutOf(flow), [flow]);
  const nodes = useMemo(() => layout.boxes.map(toNode), [layout]);
  const edges = useMemo(() => layout.wires.map(toEdge), [layout]);
  const steps = useMemo(() => stepsIn(flow), [flow]);
  const [last, setLast] = useState<string>();
  const [adding, setAdding] = useState<Spot>();
  const root = useRef<HTMLDivElement>(null);
  const { reveal, onMove } = useView(layout);
  const has = (key: string | undefined) => steps.some((step) => step.key === key);
  const current = has(last) ? last : has(open) ? open : steps[0]?.key;
  const focus = (key: string) => root.current?.querySelector<HTMLElement>(`[data-row="${key}"]`)?.focus();
  const onCurrent = (key: string) => {
    setLast(key);
    reveal(key);
  };
  const yOf = (key: string) => layout.boxes.find((box) => box.key === key)?.y ?? 0;
  const walk = (from: string, arrow: Arrow) => {
    const next = stepBeside(flow, { from, arrow, yOf });
    if (next !== undefined) focus(next);
  };
  const spotBox = adding && layout.boxes.find(({ key }) => key === addKey(adding));
  const close = () => setAdding(undefined);
  return (
    <div className="cv" ref={root} role="group" aria-label={label}>
      <HeldContext
        value={{
          open,
          onOpen,
          onKey,
          current,
          onCurrent,
          walk,
          flow,
          canAdd: adder !== undefined,
          adding: adding && addKey(adding),
          onAdd: setAdding,
        }}
      >
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={NODES}
          onMove={onMove}
          minZoom={ZOOMS.min}
          maxZoom={ZOOMS.max}
          // The order of the steps is the flow: nothing is moved or connected by hand.
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          deleteKeyCode={null}
          selectionKeyCode={null}
          multiSelectionKeyCode={null}
          panActivationKeyCode={null}
          zoomActivationKeyCode={null}
          panOnScroll
          zoomOnScroll={false}
          zoomOnDoubleClick={false}
          proOptions={{ hideAttribution: true }}
        >
          <Zoom layout={layout} />
          {steps.length >= MAP_FROM && (
            <MiniMap
              ariaLabel={say("Map of the whole flow")}
              pannable
              zoomable
              nodeClassName={(node) => `cv-map-${node.type}`}
            />
          )}
        </ReactFlow>
      </HeldContext>
      {adding && spotBox && adder && (
        <At key={spotBox.key} box={spotBox} onClose={close}>
          {adder(adding, () => {
            close();
            if (last !== undefined) queueMicrotask(() => root.current?.contains(document.activeElement) && focus(last));
          })}
        </At>
      )}
    </div>
  );
}

function useRoom(): { width: number; height: number } {
  return { width: useStore(({ width }) => width), height: useStore(({ height }) => height) };
}

/** The view begins with the whole flow, and follows the steps as long as the viewer does not move it. */
function useView(layout: Layout) {
  const { setViewport, getViewport } = useReactFlow();
  const { width, height } = useRoom();
  const isMoved = useRef(false);
  useLayoutEffect(() => {
    if (width > 0 && height > 0 && !isMoved.current) void setViewport(fittingView(layout, { width, height }));
  }, [width, height, layout.width, layout.height]);
  return {
    reveal: (key: string) => {
      const box = layout.boxes.find((one) => one.key === key);
      if (!box || width === 0) return;
      const now = getViewport();
      const next = viewShowing(now, box, { width, height });
      if (next.x !== now.x || next.y !== now.y) void setViewport(next);
    },
    onMove: (event: unknown) => {
      if (event) isMoved.current = true;
    },
  };
}

function Zoom({ layout }: { layout: Layout }) {
  const { setViewport, zoomTo, getZoom } = useReactFlow();
  const { width, height } = useRoom();
  const press = (label: string, sign: string, act: () => void) => (
    <button type="button" className="btn small" onClick={act}>
      <span aria-hidden="true">{sign}</span>
      <span className="visually-hidden">{label}</span>
    </button>
  );
  return (
    <Panel position="bottom-left" className="cv-zoom">
      {press(say("Zoom out"), "−", () => void zoomTo(getZoom() / ZOOMS.step))}
      {press(say("Zoom in"), "+", () => void zoomTo(getZoom() * ZOOMS.step))}
      <button
        type="button"
        className="btn small"
        onClick={() => void setViewport(fittingView(layout, { width, height }, ZOOMS.min))}
      >
        {say("Fit")}
      </button>
    </Panel>
  );
}

/** Stands at a "+" while the canvas moves below it, within the canvas's borders. */
function At({ box, onClose, children }: { box: Box; onClose(): void; children: ReactNode }) {
  const { x, y, zoom } = useViewport();
  const { width, height } = useRoom();
  const own = Math.min(ADDER_WIDTH, width - 16);
  const left = Math.max(8, Math.min(x + (box.x + ADD_SIZE / 2) * zoom - own / 2, width - own - 8));
  return (
    <div
      className="cv-adder panel"
      style={{ left, top: Math.max(8, Math.min(y + box.y * zoom, height - ADDER_HEIGHT)), width: own }}
      onKeyDown={(event) => event.key === "Escape" && onClose()}
    >
      {children}
    </div>
  );
}

const SIDES = { type: "source", width: 1, height: 1 } as const;

function toNode(box: Box): BoxNode {
  const { key, kind, x, y, width, height } = box;
  return {
    id: key,
    type: kind,
    position: { x, y },
    width,
    height,
    data: { box },
    // Known before anything is measured.
    handles: [
      { ...SIDES, type: "target", id: "top", position: Position.Top, x: width / 2, y: 0 },
      { ...SIDES, id: "bottom", position: Position.Bottom, x: width / 2, y: height },
      { ...SIDES, id: "side", position: Position.Right, x: width, y: Math.min(height / 2, 33) },
    ],
    zIndex: kind === "frame" ? -1 : 0,
    domAttributes: { "aria-roledescription": undefined } as BoxNode["domAttributes"],
  };
}

/** Apart from the classes of tags, which have a background. */
function toneClass(tone: string | undefined): string {
  return tone ? ` is-${tone}` : "";
}

function toEdge({ key, from, to, tone, isAside }: Wire): Edge & { pathOptions: SmoothStepPathOptions } {
  return {
    id: key,
    source: from,
    target: to,
    sourceHandle: isAside ? "side" : "bottom",
    targetHandle: "top",
    type: "smoothstep",
    pathOptions: { offset: 8, borderRadius: 7 },
    className: `cv-wire${toneClass(tone)}${isAside ? " aside" : ""}`,
    ariaRole: "presentation",
    ariaLabel: null as unknown as string,
    domAttributes: { "aria-hidden": true, "aria-roledescription": undefined } as Edge["domAttributes"],
  };
}

function Ends() {
  return (
    <>
      <Handle type="target" id="top" position={Position.Top} />
      <Handle type="source" id="bottom" position={Position.Bottom} />
      <Handle type="source" id="side" position={Position.Right} />
    </>
  );
}

function StepNode({ data: { box } }: NodeProps<BoxNode>) {
  const held = useHeld();
  if (box.kind !== "step") return null;
  const { key, name, mark, tone, sentence, detail, answer, faults } = box.step;
  const isOpen = held.open === key;
  const press = (event: KeyboardEvent) => {
    const isPlain = !event.altKey && !event.ctrlKey && !event.metaKey;
    const isArrow = /^Arrow(Up|Down|Left|Right)$/.test(event.key);
    const act = isPlain && isArrow
      ? () => held.walk(key, event.key as Arrow)
      : isPlain && event.key.toLowerCase() === "a" && held.canAdd
      ? () => held.onAdd(spotBehind(held.flow, key))
      : undefined;
    if (!act) return held.onKey?.(key, event);
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  return (
    <>
      <button
        type="button"
        className={`cv-step${toneClass(tone)}${isOpen ? " open" : ""}${answer?.tone === "bad" ? " fails" : ""}`}
        data-row={key}
        tabIndex={held.current === key ? 0 : -1}
        aria-expanded={isOpen}
        onClick={() => held.onOpen(key)}
        onFocus={() => held.onCurrent(key)}
        onKeyDown={press}
      >
        <span className={`cv-mark${toneClass(tone)}`}>
          <Mark mark={mark} />
        </span>
        <span className="cv-words">
          <span className="visually-hidden">{name}:</span>
          <b title={sentence}>
            <bdi>{sentence}</bdi>
          </b>
          <span className="cv-under">
            <small>
              <bdi>{detail}</bdi>
            </small>
            {faults > 0
              ? <Tag tone="bad">{sayCount(faults, "1 error", "{count} errors", { count: faults })}</Tag>
              : answer && <Tag tone={answer.tone}>{answer.text}</Tag>}
          </span>
        </span>
      </button>
      <Ends />
    </>
  );
}

function AddNode({ data: { box } }: NodeProps<BoxNode>) {
  const { canAdd, adding, onAdd } = useHeld();
  if (box.kind !== "add") return null;
  const isAdding = adding === box.key;
  return (
    <>
      {canAdd
        ? (
          <button
            type="button"
            className="cv-add"
            aria-expanded={isAdding}
            onClick={() => onAdd(isAdding ? undefined : box.spot)}
          >
            <span aria-hidden="true">+</span>
            <span className="visually-hidden">{box.spot.label}</span>
          </button>
        )
        : <span className="cv-dot" aria-hidden="true" />}
      <Ends />
    </>
  );
}

function LaneNode({ data: { box } }: NodeProps<BoxNode>) {
  if (box.kind !== "lane") return null;
  const { name, tone, empty, steps } = box.lane;
  return (
    <>
      <div className={`cv-lane${toneClass(tone)}`}>
        <b>
          <bdi>{name}</bdi>
        </b>
        {steps.length === 0 && <small>{empty}</small>}
      </div>
      <Ends />
    </>
  );
}

function FrameNode({ data: { box } }: NodeProps<BoxNode>) {
  if (box.kind !== "frame") return null;
  return (
    <>
      <div className="cv-frame">
        <small>{box.step.frame}</small>
      </div>
      <Ends />
    </>
  );
}

function EndNode({ data: { box } }: NodeProps<BoxNode>) {
  return (
    <>
      <div className="cv-end">{box.kind === "end" && box.text}</div>
      <Ends />
    </>
  );
}

const NODES = { step: StepNode, add: AddNode, lane: LaneNode, frame: FrameNode, end: EndNode };
