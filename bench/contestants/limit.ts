// Verifies, validates, answers, keeps nothing: the limit for any ingress.
import { createSources } from '@ringback/sources';
import { readSettings } from '../settings.ts';
import { buildVerifyingApp } from './verifying-app.ts';

const [source] = createSources(readSettings(process.env).sources);
if (!source) throw new Error('the settings have no source');
const app = buildVerifyingApp(source, () => undefined);
const url = await app.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`${JSON.stringify({ msg: 'limit is up', url })}\n`);
