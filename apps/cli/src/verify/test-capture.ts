import { providerSign, SAMPLE_ACCOUNT, taskBody } from '@ringback/testkit';

/** For tests: a signed request as captures hold it. */
export const { uuid, secret } = SAMPLE_ACCOUNT;
export const SETTINGS = `
redis: { url: redis://127.0.0.1:1 }
sources:
  - { name: hooks, type: standard-webhooks, path: /hooks, secrets: ["\${UNSET_SECRET}"] }
  - { name: voice, type: callbot, maxSkew: 1h, accounts: [{ uuid: ${uuid}, secrets: ["${secret}"] }] }
outputs: [{ name: ops, type: stdout }]
routes: [{ to: [ops] }]
`;
export const BODY = taskBody();
export const NOW_S = Math.floor(Date.now() / 1000);

export function signed(body = BODY, createTs = String(NOW_S)): Record<string, string> {
  return { requestID: 'r-1', uuid, createTs, sign: providerSign({ body, requestID: 'r-1', uuid, createTs }) };
}

export const asLines = (headers: Record<string, string>, end = '\n') =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}${end}`)
    .join('');

const sent = (headers: Record<string, string>) => asLines(headers).replaceAll(/^/gm, '> ').replace(/> $/, '');
export const curl = (headers = signed()) =>
  `* Connected to x\n> POST /callbot HTTP/1.1\r\n> Host: x\n${sent(headers)}>\n* upload sent\n< HTTP/1.1 401\n< date: ${new Date().toUTCString()}\n<\n{"retCode":6}`;
export const asCommand = (headers: Record<string, string>, data: string) =>
  `curl -v 'http://127.0.0.1:8080/callbot' \\\n${Object.entries(headers)
    .map(([name, value]) => `  -H '${name}: ${value}' \\\n`)
    .join('')}  --data-raw ${data}\n`;
