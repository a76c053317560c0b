// Preloaded into a process of ours: names each module of OpenTelemetry that it loads. prom-client loads its api.
import { registerHooks } from 'node:module';

registerHooks({
  load(url, context, next) {
    if (/\/@opentelemetry\/(?!api\/)|\/open-telemetry\.ts/.test(url)) console.error(`loaded ${url}`);
    return next(url, context);
  },
});
