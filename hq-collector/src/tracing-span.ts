import { SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';

const tracer = trace.getTracer('hq-collector');

/** Runs `work` in a span of its own; costs next to nothing while tracing is off. */
export function span<T>(name: string, attributes: Attributes, work: () => T): T {
  return tracer.startActiveSpan(name, { attributes }, (active) => {
    const fail = (error: unknown) => {
      active.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
      active.end();
    };
    try {
      const result = work();
      if (result instanceof Promise) {
        result.then(() => active.end(), fail);
      } else active.end();
      return result;
    } catch (error) {
      fail(error);
      throw error;
    }
  });
}
