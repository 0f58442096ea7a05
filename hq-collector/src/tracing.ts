import { register } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { withSpansOfCopies } from './tracing-copy.js';

/** How long a shutdown waits for the last traces; the exporter itself would try a dead endpoint for 10 s. */
const lastExportLimitMs = 2_000;

/**
 * Starts OpenTelemetry traces: HTTP, express and pg by their instrumentations, frames of the sockets by `span`. Must
 * run before those modules are first imported, which is why main.ts imports the collector only after it. `stop` sends
 * what waits, within a bound, and never rejects: a trace that cannot be sent is lost, and nothing else is.
 */
export async function startTracing(endpoint: string, version: string): Promise<{ stop(): Promise<void> }> {
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
  const [
    { BatchSpanProcessor, NodeTracerProvider },
    { OTLPTraceExporter },
    { registerInstrumentations },
    { resourceFromAttributes },
  ] = await Promise.all([
    import('@opentelemetry/sdk-trace-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/instrumentation'),
    import('@opentelemetry/resources'),
  ]);
  const [{ HttpInstrumentation }, { ExpressInstrumentation }, { PgInstrumentation }] = await Promise.all([
    import('@opentelemetry/instrumentation-http'),
    import('@opentelemetry/instrumentation-express'),
    import('@opentelemetry/instrumentation-pg'),
  ]);
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'hq-collector', 'service.version': version }),
    spanProcessors: [
      new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` })),
    ],
  });
  provider.register();
  registerInstrumentations({
    tracerProvider: provider,
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: (request) => /^\/(metrics|healthz|readyz)/.test(request.url ?? ''),
      }),
      new ExpressInstrumentation(),
      withSpansOfCopies(new PgInstrumentation({ requireParentSpan: true })),
    ],
  });
  return {
    async stop() {
      const sent = provider.shutdown().catch(() => undefined);
      await Promise.race([sent, sleep(lastExportLimitMs)]);
    },
  };
}
