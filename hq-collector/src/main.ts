#!/usr/bin/env node
import { pino } from 'pino';
import { ConfigError, readConfig } from './config.js';

/** A shutdown that hangs is ended by force after this much more than its own deadline. */
const forcedExitSlackMs = 10_000;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = pino({
    level: config.HQ_LOG_LEVEL,
    base: { service: 'hq-collector' },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
  const tracing = config.OTEL_EXPORTER_OTLP_ENDPOINT
    ? await (await import('./tracing.js')).startTracing(config.OTEL_EXPORTER_OTLP_ENDPOINT, config.version)
    : undefined;
  const { startCollector } = await import('./collector.js');
  const collector = await startCollector(config, { log });

  const stop = (cause: string) => {
    log.info({ cause }, 'stopping');
    setTimeout(() => process.exit(1), config.HQ_SHUTDOWN_DEADLINE_MS + forcedExitSlackMs).unref();
    void collector
      .stop()
      .then(() => tracing?.stop())
      .catch((error: unknown) => log.error({ err: error }, 'shutdown failed'))
      .finally(() => process.exit(0));
  };
  process.once('SIGTERM', () => stop('SIGTERM'));
  process.once('SIGINT', () => stop('SIGINT'));
  // Started by another program of ours: when that dies, by whatever signal, this process ends too.
  process.once('disconnect', () => stop('starter gone'));
  if (process.connected) process.send?.({ type: 'started', url: collector.url });
  else if (process.send !== undefined) stop('starter gone'); // while this one started
}

main().catch((error: unknown) => {
  process.stderr.write(`${sentence(error)}\n`);
  process.exit(1);
});

/** What went wrong at the start, for a person; a stack only where it is a fault of the program. */
function sentence(error: unknown): string {
  if (error instanceof ConfigError || (error as Error).name === 'AdminTokenFileError')
    return (error as Error).message;
  const { code, message, address, port } = error as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
  };
  if (code === 'EADDRINUSE') return `Port ${port} is taken by another program; set HQ_PORT to another one.`;
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL')
    return `Cannot listen on ${address ?? ''}:${port ?? ''}: ${message}`;
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND')
    return `PostgreSQL does not answer at the address in DATABASE_URL: ${message}`;
  if (code === '28P01' || code === '28000' || code === '3D000')
    return `PostgreSQL refuses DATABASE_URL: ${message}`;
  return (error as Error).stack ?? String(error);
}
