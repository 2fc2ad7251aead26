/** Small pictures of the console, drawn as lines: the same on every system, where letters of a symbol font differ. */

const PATHS = {
  home: "M3 8l6-5 6 5v7H3zM7 15v-4h4v4",
  events: "M2 5c2-2 4 2 7 0s5 2 7 0M2 9c2-2 4 2 7 0s5 2 7 0M2 13c2-2 4 2 7 0s5 2 7 0",
  runs: "M5 3l9 6-9 6z",
  issues: "M9 3l7 12H2zM9 7v4M9 13v.1",
  flows: "M2 9h8M7 6l3 3-3 3M13 4v10",
  approvals: "M3 9l4 4 8-8",
  workflows: "M3 3h5v5H3zM10 10h5v5h-5zM8 6h5v4",
  explorer: "M7.5 12a4.5 4.5 0 100-9 4.5 4.5 0 000 9zM11 11l4 4",
  data: "M3 4h12v10H3zM3 7.5h12M3 11h12M7 4v10",
  journal: "M4 9a5 5 0 105-5H5M7 2L5 4l2 2M9 6v3l2 2",
  sources: "M2 9h8M7 6l3 3-3 3M11 3h4v12h-4",
  coverage: "M9 3a6 6 0 106 6H9z",
  settings:
    "M9 11.5a2.5 2.5 0 100-5 2.5 2.5 0 000 5zM9 2v2M9 14v2M2 9h2M14 9h2M4 4l1.5 1.5M12.5 12.5L14 14M14 4l-1.5 1.5M5.5 12.5L4 14",
  agents: "M4 7h10v7H4zM9 4v3M7 10v1M11 10v1",
  schedules: "M9 15A6 6 0 109 3a6 6 0 000 12zM9 6v3l2 2",
  more: "M4 9h.1M9 9h.1M14 9h.1",
  down: "M5 7l4 4 4-4",
} as const;

export type IconName = keyof typeof PATHS;

/** Beside a word, or in the place of one that is there for those who cannot see it. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 18 18" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
