/** axe-core in a page with frames, as its package does it but for what each look cost: axe-core stays where it was put. */

import { AxeBuilder } from "@axe-core/playwright";
import type { ElementHandle, Frame, Page } from "playwright-core";

type Options = Parameters<AxeBuilder["options"]>[0];
type Results = Awaited<ReturnType<AxeBuilder["analyze"]>>;

interface Context {
  include: unknown[];
  exclude: unknown[];
}

/** Of axe-core in a window, what reads frames one by one. */
interface InWindow {
  axe: {
    utils: {
      getFrameContexts(context: Context): { frameSelector: unknown; frameContext: Context }[];
      shadowSelect(selector: unknown): unknown;
    };
    runPartial(context: Context, options: Options): Promise<unknown>;
    finishRun(partials: unknown[], options: Options): Promise<Results>;
  };
}

/** Looks at the page and its frames by one set of rules; a frame that cannot be looked at is an error, and never left out. */
export async function analyzeWithFrames(page: Page, options: Options, include: string[]): Promise<Results> {
  const partials = await partialsOf(page.mainFrame(), { include, exclude: [] }, options);
  return await page.evaluate(
    ({ partials, options }) => (globalThis as unknown as InWindow).axe.finishRun(partials, options),
    { partials, options },
  );
}

/** A frame's own part, then those of the frames in it. */
async function partialsOf(frame: Frame, context: Context, options: Options): Promise<unknown[]> {
  if (!await hasAxe(frame)) await frame.evaluate(sourceFor(frame.page()));
  const inner = await frame.evaluate(
    (context) => (globalThis as unknown as InWindow).axe.utils.getFrameContexts(context),
    context,
  );
  const partials = [
    await frame.evaluate(
      ({ context, options }) => (globalThis as unknown as InWindow).axe.runPartial(context, options),
      { context, options },
    ),
  ];
  for (const { frameSelector, frameContext } of inner) {
    const found = await frame.evaluateHandle(
      (selector) => (globalThis as unknown as InWindow).axe.utils.shadowSelect(selector),
      frameSelector,
    );
    const child = await (found.asElement() as ElementHandle | null)?.contentFrame();
    if (!child) throw new Error(`axe-core names a frame that is none: ${JSON.stringify(frameSelector)}`);
    partials.push(...await partialsOf(child, frameContext, options));
  }
  return partials;
}

/** Until the frame is loaded again. */
export async function hasAxe(frame: Page | Frame): Promise<boolean> {
  return await frame.evaluate<boolean>("typeof globalThis.axe?.run === 'function'");
}

/** It is private only in the package's types. */
function sourceFor(page: Page): string {
  return (new AxeBuilder({ page }) as unknown as { script(): string }).script();
}
