import { expect, it } from 'vitest';
import { testFile } from '../run-cli.ts';
import { examine } from './check.ts';

async function warningsOf(more: string) {
  const path = await testFile(
    'ringback.yaml',
    `
sources: [{ name: voice, type: callbot, accounts: [{ uuid: acc, secrets: [hush] }] }]
outputs: [{ name: crm, type: stdout }, { name: ops, type: stdout }]
routes: [{ to: [crm] }]
${more}
`,
  );
  return examine({ path, env: {} }).warnings.map((line) => line.replace(path, 'FILE'));
}

const PORT = (app: string) =>
  `FILE:5:18 ingress.port: is what the ${app} takes as its admin port on one machine; choose another port, or set ${app}.adminPort`;

it.each([
  ['ingress: { port: 9090 }\nalerts: { to: [ops] }', [PORT('worker')]],
  ['ingress: { port: 9080 }\nalerts: { to: [ops] }', [PORT('ingress')]],
  ['ingress: { port: 9090 }\nworker: { adminPort: 9091 }\nalerts: { to: [ops] }', []],
  [
    'alerts: { to: [crm] }',
    [
      'FILE:5:15 alerts.to: crm is the only output of alerts, and routes lead to it: if it fails, nobody is told. Name another one as well',
      'FILE:3:48 outputs[1].name: no route leads to ops: nothing is delivered to it',
    ],
  ],
  ['alerts: { to: [crm, ops] }', []],
])('warns of ports that both apps want, and of alerts that cannot be told: %s', async (more, warnings) => {
  expect(await warningsOf(more)).toEqual(warnings);
});
