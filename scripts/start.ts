// `npm start`: a Redis if none is named, one ingress and one worker.
import { fileURLToPath } from 'node:url';
import { redisInJavaScript } from '@ringback/redis-server';
import { runStart } from './start/run-start.ts';

await runStart({
  folder: fileURLToPath(new URL('..', import.meta.url)),
  example: 'ringback.example.yaml',
  words: { start: 'npm start', ringback: 'npm run ringback --', worker: 'npm run worker' },
  argsOf: (app) => [`apps/${app}/src/main.ts`],
  followParent: new URL('follow-parent.mjs', import.meta.url).href,
  lastResort: redisInJavaScript,
});
