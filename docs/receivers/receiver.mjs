// SIGNING_SECRET=whsec_… node receiver.mjs: takes what a webhook output delivers, and checks its signature (https://www.standardwebhooks.com).
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';

const key = Buffer.from(process.env.SIGNING_SECRET.replace(/^whsec_/, ''), 'base64');
const server = createServer(async (request, response) => {
  const body = await buffer(request);
  const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signatures = '' } = request.headers;
  const right = Buffer.from(`v1,${createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64')}`);
  const given = signatures.split(' ').map((signature) => Buffer.from(signature, 'latin1'));
  const signed = given.some((signature) => signature.length === right.length && timingSafeEqual(signature, right));
  const genuine = signed && Math.abs(Date.now() / 1000 - Number(time)) < 300;
  if (genuine) console.log(id, JSON.parse(body.toString())); // handle it once: every attempt has the same id
  response.writeHead(genuine ? 204 : 401).end();
});
server.listen(Number(process.env.PORT ?? 9999), '127.0.0.1', () => console.log('listening on port', server.address().port));
