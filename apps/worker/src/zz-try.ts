import { inspect } from 'node:util';
import { jsonSchema, loadConfig } from '@ringback/config';
import { outputTypes } from '@ringback/outputs';
import { checkCondition } from '@ringback/routing';
import { sourceTypes } from '@ringback/sources';
const [path = ''] = process.argv.slice(2);
if (path === 'schema') {
  console.log(JSON.stringify(jsonSchema({ sourceTypes, outputTypes }), null, 1));
  process.exit();
}
try {
  console.log(inspect(loadConfig({ path, env: process.env, sourceTypes, outputTypes, checkCondition }), { depth: 9 }));
} catch (e) {
  console.log((e as Error).name, (e as Error).message, (e as Error).cause ?? '');
  if (!('code' in (e as object))) console.log(e);
}
