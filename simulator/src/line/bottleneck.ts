import type { Random } from '../random.js';
import type { Flow, Segment } from './flow.js';
import { duplicateAcks, headerBytes, queueLimitBytes, type LineShape } from './line-shape.js';
import type { LineWatcher } from './line-watcher.js';

/** A timer that is later than this is not made up for: the machine was asleep. */
const maxCatchUpMs = 50;

/**
 * One direction of a line that all connections of a store share: a bounded queue, a rate, a delay, and losses that
 * become what TCP makes of them, a wait of that connection for the retransmission. A fast line passes at once.
 */
export class Bottleneck {
  private readonly flows = new Set<Flow>();
  private readonly queue: Segment[] = [];
  private queuedBytes = 0;
  private timer: NodeJS.Timeout | undefined;
  /** Of segments on their way, and of lost ones. */
  private readonly timers = new Set<NodeJS.Timeout>();
  private busyUntilMs = 0;
  private held = false;
  private otherWay: Bottleneck = this;

  constructor(
    private shape: LineShape,
    private readonly random: Random,
    private readonly watcher: LineWatcher | undefined,
  ) {}

  static pair(
    shape: LineShape,
    random: Random,
    watcher: LineWatcher | undefined,
  ): { up: Bottleneck; down: Bottleneck } {
    const up = new Bottleneck(shape, random, watcher);
    const down = new Bottleneck(shape, random, watcher);
    up.otherWay = down;
    down.otherWay = up;
    return { up, down };
  }

  /** Time that a segment queued now would wait. */
  get waitMs(): number {
    return (this.queuedBytes / this.shape.bytesPerSecond) * 1_000;
  }

  /** What is on its way already comes as it was sent. */
  become(shape: LineShape): void {
    this.shape = shape;
    this.stopServing();
    this.goOn();
  }

  /** Takes and sends nothing until `release`. */
  hold(): void {
    this.held = true;
    this.stopServing();
  }

  release(): void {
    this.held = false;
    this.goOn();
  }

  /** Drops what is on its way. */
  close(): void {
    this.hold();
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  join(flow: Flow): void {
    this.flows.add(flow);
    this.admit();
  }

  leave(flow: Flow): void {
    this.flows.delete(flow);
  }

  /** Takes one segment of each flow in turn while there is room; what finds none waits in its own socket. */
  admit(): void {
    if (this.held) return;
    for (let took = true; took;) {
      took = false;
      for (const flow of this.flows) {
        if (this.queuedBytes >= queueLimitBytes) return;
        const segment = flow.take();
        if (!segment) continue;
        took = true;
        this.push(segment);
      }
    }
  }

  private stopServing(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.busyUntilMs = 0;
  }

  private goOn(): void {
    this.serve();
    this.admit();
  }

  private push(segment: Segment): void {
    this.queue.push(segment);
    this.queuedBytes += sizeOf(segment);
    this.serve();
  }

  private serve(): void {
    const { bytesPerSecond } = this.shape;
    while (bytesPerSecond === Infinity && !this.held && this.queue.length > 0) this.depart();
    const next = this.queue[0];
    if (this.timer || this.held || !next) return;
    const nowMs = performance.now();
    // From the end of the one before, not from now: a late timer must not make the line thinner.
    const startMs = nowMs - this.busyUntilMs < maxCatchUpMs ? this.busyUntilMs : nowMs;
    this.busyUntilMs = startMs + (sizeOf(next) / bytesPerSecond) * 1_000;
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        this.depart();
        this.admit();
        this.serve();
      },
      Math.max(0, this.busyUntilMs - nowMs),
    );
  }

  private depart(): void {
    const segment = this.queue.shift()!;
    this.queuedBytes -= sizeOf(segment);
    this.watcher?.sent?.(segment.flow);
    if (this.random.chance(this.shape.lossShare)) this.lose(segment);
    else this.after(this.shape.oneWayMs, () => this.arrive(segment));
  }

  private lose(segment: Segment): void {
    const { flow } = segment;
    const behind = this.queue.filter((other) => other.flow === flow).length;
    const isFast = segment.losses === 0 && behind >= duplicateAcks;
    const waitMs = isFast ? flow.roundTripMs : flow.timeoutMs * 2 ** segment.losses;
    if (segment.losses === 0) segment.lostAtMs = performance.now();
    segment.losses += 1;
    this.watcher?.lost?.(flow, { bytes: sizeOf(segment), againAfterMs: waitMs, queueMs: this.waitMs });
    this.after(waitMs, () => this.push(segment));
  }

  private arrive(segment: Segment): void {
    // It was on its way when the line fell silent: it has to be sent again.
    if (this.held) return this.push(segment);
    const nowMs = performance.now();
    const { flow, losses, lostAtMs, queuedAtMs } = segment;
    const { oneWayMs } = this.shape;
    if (losses > 0) this.watcher?.recovered?.(flow, nowMs - lostAtMs - oneWayMs);
    else flow.measured(nowMs - queuedAtMs + oneWayMs + this.otherWay.waitMs);
    flow.arrive(segment);
  }

  private after(ms: number, work: () => void): void {
    if (ms === 0) return work();
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
    }, ms);
    this.timers.add(timer);
  }
}

function sizeOf({ payload }: Segment): number {
  return headerBytes + (payload === 'end' ? 0 : payload.length);
}
