// `npm run cluster`: a Redis Cluster of six nodes on this machine, until Ctrl-C.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runCluster } from './cluster/run-cluster.ts';
import { readOptions } from './read-options.ts';

const DEFAULT_PORT = 7001;
/** Each node has a second port, 10 000 above, and there are six nodes. */
const HIGHEST_PORT = 65_535 - 10_000 - 5;

const USAGE = `npm run cluster [-- --port <first>]
  --port <first>   the nodes listen there and at the next five ports. Default: RINGBACK_CLUSTER_PORT, or ${DEFAULT_PORT}`;

function firstPort(): number {
  const { values } = parseArgs({ options: { port: { type: 'string' } } });
  const text = values.port ?? (process.env['RINGBACK_CLUSTER_PORT'] || String(DEFAULT_PORT));
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= HIGHEST_PORT) return port;
  throw new Error(`the first port is a number from 1 to ${HIGHEST_PORT}, not ${text}`);
}

await runCluster({ folder: fileURLToPath(new URL('..', import.meta.url)), port: readOptions(firstPort, USAGE) });
