import type { Random } from '@hq-sync/simulator/random';
import type { Flow, Segment } from './flow.js';
import type { LineTrace } from './line-trace.js';
import { duplicateAcks, headerBytes, queueLimitBytes, type LineShape } from './line-shape.js';

/**
 * One direction of a line that all connections of a store share: a bounded queue, a rate, a delay, and losses that
 * become what TCP makes of them, a wait of that connection for the retransmission.
 */
export class Bottleneck {
  /** Head-of-line stalls, milliseconds each: how much later than undisturbed the lost segment came. */
  readonly stallsMs: number[] = [];
  segments = 0;
  lost = 0;
  private readonly flows = new Set<Flow>();
  private readonly queue: Segment[] = [];
  private queuedBytes = 0;
  private timer: NodeJS.Timeout | undefined;
  private busyUntilMs = 0;
  private otherWay: Bottleneck = this;

  constructor(
    private shape: LineShape,
    private readonly random: Random,
    private readonly trace: LineTrace,
  ) {}

  static pair(shape: LineShape, random: Random, trace: LineTrace): { up: Bottleneck; down: Bottleneck } {
    const up = new Bottleneck(shape, random, trace);
    const down = new Bottleneck(shape, random, trace);
    up.otherWay = down;
    down.otherWay = up;
    return { up, down };
  }

  /** Time that a segment queued now would wait. */
  get waitMs(): number {
    return (this.queuedBytes / this.shape.bytesPerSecond) * 1_000;
  }

  become(shape: LineShape): void {
    this.shape = shape;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.busyUntilMs = 0;
    this.serve();
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

  private push(segment: Segment): void {
    this.queue.push(segment);
    this.queuedBytes += sizeOf(segment);
    this.serve();
  }

  private serve(): void {
    const next = this.queue[0];
    if (this.timer || !next) return;
    const nowMs = performance.now();
    // From the end of the one before, not from now: a late timer must not make the line thinner.
    const startMs = nowMs - this.busyUntilMs < 50 ? this.busyUntilMs : nowMs;
    this.busyUntilMs = startMs + (sizeOf(next) / this.shape.bytesPerSecond) * 1_000;
    this.timer = setTimeout(() => this.depart(), Math.max(0, this.busyUntilMs - nowMs));
  }

  private depart(): void {
    this.timer = undefined;
    const segment = this.queue.shift()!;
    this.queuedBytes -= sizeOf(segment);
    this.segments += 1;
    if (this.random.chance(this.shape.lossShare)) this.lose(segment);
    else setTimeout(() => this.arrive(segment), this.shape.oneWayMs);
    this.admit();
    this.serve();
  }

  private lose(segment: Segment): void {
    const { flow } = segment;
    const behind = this.queue.filter((other) => other.flow === flow).length;
    const isFast = segment.losses === 0 && behind >= duplicateAcks;
    const waitMs = isFast ? flow.roundTripMs : flow.timeoutMs * 2 ** segment.losses;
    this.lost += 1;
    if (segment.losses === 0) segment.lostAtMs = performance.now();
    segment.losses += 1;
    this.trace.note(
      `${flow.name()}: ${sizeOf(segment)} bytes lost, sent again after ${Math.round(waitMs)} ms, ${Math.round(this.waitMs)} ms of queue`,
    );
    setTimeout(() => this.push(segment), waitMs);
  }

  private arrive(segment: Segment): void {
    const nowMs = performance.now();
    if (segment.losses > 0) this.stallsMs.push(nowMs - segment.lostAtMs - this.shape.oneWayMs);
    else segment.flow.measured(nowMs - segment.queuedAtMs + this.shape.oneWayMs + this.otherWay.waitMs);
    segment.flow.arrive(segment);
  }
}

function sizeOf({ payload }: Segment): number {
  return headerBytes + (payload === 'end' ? 0 : payload.length);
}
