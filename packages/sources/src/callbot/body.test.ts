import { describe, expect, it } from 'vitest';
import { sampleBody } from './samples.ts';
import { receive as receiveFrom, inbound, outcomeOf, SIGNED_AT_S, testSource } from './test-source.ts';

const source = testSource();
const at = SIGNED_AT_S;

type Json = Record<string, unknown>;
const parse = (text: string): Json => JSON.parse(text);
const task = parse(sampleBody({ kind: 'task', at }));
const order = parse(sampleBody({ kind: 'order', at }));
const call = parse(sampleBody({ kind: 'call', at }));
// The samples' inner objects, as their schemas say.
const stat = task['taskStat'] as Json;
const detail = call['callInfoDetail'] as Json;

const receive = (body: Json | string, path = '/callbot') =>
  receiveFrom(source, inbound(typeof body === 'string' ? body : JSON.stringify(body), { path }));
const outcome = (body: Json | string | Buffer) =>
  outcomeOf(source, inbound(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)));

function without(object: Json, field: string): Json {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== field));
}

describe('the event type', () => {
  it.each([
    [1, 'pending'],
    [2, 'in_progress'],
    [3, 'completed'],
    [4, 'failed'],
    [5, 'paused'],
    [0, 'unknown'],
    [6, 'unknown'],
    [-1, 'unknown'],
  ])('of taskStatus %d is callbot.task.%s', (taskStatus, state) => {
    expect(receive({ ...task, taskStatus }).type).toBe(`callbot.task.${state}`);
  });

  it.each([
    [2, '/callbot', 'callbot.order'],
    ['2', '/callbot', 'callbot.order'],
    [3, '/callbot', 'callbot.call'],
    ['3', '/callbot', 'callbot.call'],
    [2, '/api/v3/callCallback', 'callbot.order'],
    ['3', '/api/v3/orderCallback', 'callbot.call'],
    [1, '/api/v3/orderCallback', 'callbot.order'],
    ['1', '/api/v3/callCallback', 'callbot.call'],
    ['1', '/callbot', 'callbot.order'],
    [1, '/callbot', 'callbot.call'],
    [1, '/api/v3/taskCallback', 'callbot.call'],
  ])('of callbackType %j at %s is %s', (callbackType, path, type) => {
    expect(receive({ ...order, callbackType }, path).type).toBe(type);
    expect(receive({ ...call, callbackType }, path).type).toBe(type);
  });

  it('is told by the shape of the body, not by the path', () => {
    expect(receive(task, '/api/v3/callCallback').type).toBe('callbot.task.completed');
    expect(receive(call, '/api/v3/taskCallback').type).toBe('callbot.call');
    expect(receive({ ...call, taskStatus: 3, taskStat: {} }).type).toBe('callbot.call');
  });

  it('of a body of neither shape cannot be told', () => {
    expect(outcome({ callbackType: 1 })).toMatchObject({
      code: 'RB_BODY_INCOMPLETE',
      message: expect.stringContaining('orderID'),
    });
    expect(outcome('{"__proto__": {"orderID": "x", "taskStatus": 1}}').code).toBe('RB_BODY_INCOMPLETE');
  });
});

describe('documented fields', () => {
  it.each(Object.keys(task))('a task needs %s', (field) => {
    expect(outcome(without(task, field))).toEqual({ code: 'RB_BODY_INCOMPLETE', message: `the body lacks ${field}` });
  });
  it.each(Object.keys(stat))('a task needs taskStat.%s', (field) => {
    const message = `the body lacks taskStat.${field}`;
    expect(outcome({ ...task, taskStat: without(stat, field) })).toEqual({ code: 'RB_BODY_INCOMPLETE', message });
  });
  it.each(Object.keys(order))('an order needs %s', (field) => {
    expect(outcome(without(order, field))).toEqual({ code: 'RB_BODY_INCOMPLETE', message: `the body lacks ${field}` });
  });

  it.each([
    [{ ...task, taskStat: { ...stat, finishRate: '0.9' } }, 'taskStat.finishRate must be number or null'],
    [{ ...task, taskStatus: '3' }, 'taskStatus must be integer'],
    [{ ...task, taskStat: [] }, 'taskStat must be object'],
    [{ ...task, callbackType: 'one' }, 'callbackType must be integer or a string of digits'],
    [{ ...task, callbackType: 1.5 }, 'callbackType must be integer or string'],
    [{ ...order, finish: 'true' }, 'finish must be boolean'],
    [{ ...order, userPhone: 13800138000 }, 'userPhone must be string'],
    [{ ...order, callInfoDetail: null }, 'callInfoDetail must be object'],
    [
      { ...call, callInfoDetail: { ...detail, intents: [{}, { intentID: 7 }] } },
      'callInfoDetail.intents[1].intentID must be string or null',
    ],
    [
      { ...call, callInfoDetail: { ...detail, agent: { agentName: 1 } } },
      'callInfoDetail.agent.agentName must be string or null',
    ],
  ])('of the wrong type are named, with the type expected', (body, message) => {
    expect(outcome(body)).toEqual({ code: 'RB_BODY_INVALID', message: `the body's field ${message}` });
  });

  it.each(['finishRate', 'answerRate'])('%s may be null: a rate over nothing', (field) => {
    expect(outcome({ ...task, taskStat: { ...stat, [field]: null } }).code).toBe('taken');
  });
});

describe('fields that only examples vouch for', () => {
  it.each(Object.keys(detail))('callInfoDetail.%s may be missing or null', (field) => {
    expect(outcome({ ...call, callInfoDetail: without(detail, field) }).code).toBe('taken');
    expect(outcome({ ...call, callInfoDetail: { ...detail, [field]: null } }).code).toBe('taken');
  });

  it('may be empty within', () => {
    const hollow = { intents: [{}], sms: [], agent: { agentName: null }, params: [{ name: 'x', value: null }] };
    expect(outcome({ ...call, callInfoDetail: hollow }).code).toBe('taken');
    expect(outcome({ ...call, callInfoDetail: {} }).code).toBe('taken');
  });
});

describe('unknown fields and odd keys', () => {
  it('are kept', () => {
    const body = `{"__proto__":{"a":1},"constructor":7,"taskStatus":1,"new":[{}],${JSON.stringify(task).slice(1)}`;
    expect(receive(body)).toMatchObject({ type: 'callbot.task.completed', body });
  });
});

describe('bodies that are no JSON object in UTF-8', () => {
  const deep = (levels: number) => `${JSON.stringify(task).slice(0, -1)},"x":${'['.repeat(levels)}${']'.repeat(levels)}}`;

  it.each([
    ['nothing', '', 'is empty'],
    ['text', 'hello 13800138000', 'is not JSON'],
    ['cut JSON', '{"userPhone":"13800138000",', 'is not JSON'],
    ['an array', '[]', 'not an object'],
    ['null', 'null', 'not an object'],
    ['a string', '"13800138000"', 'not an object'],
    ['a byte order mark', `\uFEFF${JSON.stringify(task)}`, 'byte order mark'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'not UTF-8'],
    ['UTF-16', Buffer.from(JSON.stringify(task), 'utf16le'), 'is not JSON'],
    ['nesting of 101 levels', deep(100), 'deeper than 100'],
    ['nesting without end', deep(100_000), 'deeper than 100'],
  ])('%s', (_name, body, problem) => {
    const { code, message } = outcome(body);
    expect(code).toBe('RB_BODY_MALFORMED');
    expect(message).toContain(problem);
    expect(message).not.toMatch(/138|array/);
  });

  it('say where the JSON breaks', () => expect(outcome('{"a":1 "b"}').message).toContain('from character 7 on'));

  it('say that a form is no JSON, and what to set', () => {
    const headers = { 'content-type': ['Application/X-WWW-Form-Urlencoded; charset=utf-8'] };
    const { code, message } = outcomeOf(source, inbound('payload=%7B%7D', { headers }));
    expect([code, message]).toEqual([
      'RB_BODY_MALFORMED',
      "the body is a form (application/x-www-form-urlencoded); set the sender to JSON. A callback's body is a JSON object in UTF-8",
    ]);
    expect(outcomeOf(source, inbound(JSON.stringify(task), { headers })).code).toBe('taken');
  });

  it('100 levels are taken', () => expect(outcome(deep(99)).code).toBe('taken'));
});
