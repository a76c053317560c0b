import type { Callback, PersonalFields } from '@ringback/contracts';
import { expect, test } from 'vitest';
import { createOutputMask } from './output-mask.ts';

type Wanted = { readonly phone?: boolean; readonly name?: boolean; readonly paths?: string[] };

function masked(body: string, { phone = false, name = false, paths }: Wanted, personal?: PersonalFields): string {
  const callback: Callback = { id: 'r', source: 's', account: 'a', type: 't', time: 1, receivedAt: 2, body };
  const settings = { phone, name, ...(paths && { paths }) };
  return createOutputMask({ settings, personalOf: () => personal })(callback).body;
}

test.each<[string, string, Wanted, string]>([
  ['a phone number', '{"userPhone":"+49 170 1234567"}', { phone: true }, '{"userPhone":"**********67"}'],
  ['one that is a number', '{"mobile":13800001111}', { phone: true }, '{"mobile":"*********11"}'],
  ['a short one', '{"phone":"110"}', { phone: true }, '{"phone":"***"}'],
  ['nothing to hide', '{"phone":null,"name":""}', { phone: true, name: true }, '{"phone":null,"name":""}'],
  ['a name', '{"customerName":"王芳","filename":"a.txt"}', { name: true }, '{"customerName":"***","filename":"a.txt"}'],
  ['names below a name', '{"name":{"first":"A","all":["B",1]}}', { name: true }, '{"name":{"first":"***","all":["***","***"]}}'],
  [
    'a path',
    '{"a":{"b":"x","c":[1,{"d":true}]},"b":"y"}',
    { paths: ['$.a.*'] },
    '{"a":{"b":"***","c":["***",{"d":"***"}]},"b":"y"}',
  ],
  [
    'a path through a list',
    '{"l":[{"e":"x","f":1},{"e":"y"}]}',
    { paths: ['$.l[*].e'] },
    '{"l":[{"e":"***","f":1},{"e":"***"}]}',
  ],
  ['without the list', '{"l":[{"e":"x","f":1},{"e":"y"}]}', { paths: ['$.l.e'] }, '{"l":[{"e":"***","f":1},{"e":"***"}]}'],
  ['one item', '{"l":["x","y"]}', { paths: ['$.l[1]'] }, '{"l":["x","***"]}'],
  ['a quoted key', '{"a b":"x","a":"y"}', { paths: ["$['a b']"] }, '{"a b":"***","a":"y"}'],
  ['an escaped key', String.raw`{"\u0070hone":"13800001111"}`, { phone: true }, String.raw`{"\u0070hone":"*********11"}`],
  ['each of equal keys', '{"name":"a","name":"b"}', { name: true }, '{"name":"***","name":"***"}'],
  [
    'a phone number wherever else it stands',
    '{"phone":"+49 170 1234567","url":"/a?n=491701234567","n":491701234567,"say":"+49 170 1234567!"}',
    { phone: true },
    '{"phone":"**********67","url":"/a?n=**********67","n":"**********67","say":"**********67!"}',
  ],
  [
    'a phone number in another notation',
    '{"phone":"8613812345678","a":"13812345678","b":"+86 138 1234 5678","c":"call 138-1234-5678 now","d":"１３８１２３４５６７８","e":"0138/1234.5678"}',
    { phone: true },
    '{"phone":"***********78","a":"*********78","b":"***********78","c":"call *********78 now","d":"*********78","e":"**********78"}',
  ],
  [
    'a phone number that is written in digits of another script',
    '{"phone":"８６１３８１２３４５６７８","a":"8613812345678","b":"٨٦١٣٨١٢٣٤٥٦٧٨"}',
    { phone: true },
    '{"phone":"***********78","a":"***********78","b":"***********78"}',
  ],
  [
    'a phone number beside other numbers',
    '{"phone":"13812345678","a":"2026-11-26 20:15:00 13812345678","b":"7713812345678001","c":"1381234567","d":"13812345678 13812345678"}',
    { phone: true },
    '{"phone":"*********78","a":"2026-11-26 20:15:00 *********78","b":"77*********78001","c":"1381234567","d":"*********78 *********78"}',
  ],
  [
    'several phone numbers in one field',
    '{"phone":"13812345678, 13987654321","a":"call 13812345678 or 13987654321","mobile":"137 0000 1111 139 2222 3333","b":13700001111}',
    { phone: true },
    '{"phone":"********************21","a":"call *********78 or *********21","mobile":"********************33","b":"*********11"}',
  ],
  [
    'an extension beside it',
    '{"phone":"13812345678 ext 12","a":"call 13812345678"}',
    { phone: true },
    '{"phone":"***********12","a":"call *********78"}',
  ],
  [
    'an address that holds a phone number',
    '{"phone":"tel:13812345678;verstat=TN-Validation-Passed-1","caller":"13987654321@10.0.0.1:5060","a":13812345678,"b":"sip 13987654321"}',
    { phone: true },
    '{"phone":"**********81","caller":"******************60","a":"*********78","b":"sip *********21"}',
  ],
  [
    'a phone number in exponent form',
    '{"phone":1.3812345678e10,"a":"13812345678"}',
    { phone: true },
    '{"phone":"***********10","a":"*********78"}',
  ],
  [
    'a phone number with other signs in it',
    '{"phone":"13812345678","a":"138_1234_5678","b":"138·1234·5678","c":"138,1234,5678","d":"138\u200b1234\u00ad5678","e":"tel:+86%20138%201234%205678"}',
    { phone: true },
    '{"phone":"*********78","a":"*********78","b":"*********78","c":"*********78","d":"*********78","e":"tel:+86%20*********78"}',
  ],
  [
    'keys that are phone numbers',
    '{"phones":{"13812345678":true},"by":{"13812345678":{"x":1},"n":2}}',
    { phone: true },
    '{"phones":{"*********78":"***"},"by":{"*********78":{"x":1},"n":2}}',
  ],
])('masks %s', (_, body, wanted, expected) => {
  expect(masked(body, wanted)).toBe(expected);
});

test('leaves the rest byte for byte', () => {
  const rest = String.raw`"n": 1.10, "long":12345678901234567890,"e":1E5,"t":"\u00e9\\\"\/", "x":[ ] , "o":{ }`;
  expect(masked(`{ ${rest},"name" : "A" }`, { name: true, phone: true })).toBe(`{ ${rest},"name" : "***" }`);
});

/** So large that one look for each number in each text, or along the whole way to each value, would not end. */
test.each<[string, string]>([
  ['many numbers beside a long text', `{"phones":[${numbers(80_000)}],"text":"${'1 '.repeat(800_000)}"}`],
  ['many numbers and many texts', `{"phones":[${numbers(50_000)}],"all":[${'{"x":"abcdefgh"},'.repeat(50_000)}0]}`],
  ['digits without end', `{"phones":[${numbers(80_000)}],"text":"${'1'.repeat(1_000_000)}"}`],
  ['deep nesting with many values', `${'['.repeat(500_000)}${'1,'.repeat(500_000)}1${']'.repeat(500_000)}`],
])('masks %s in one pass', (_, body) => {
  const result = masked(body, { phone: true, name: true, paths: ['$.a.*.b', '$.phones.c'] });
  expect(result).not.toMatch(/"138\d{8}"/);
  expect(result.length > body.length / 2).toBe(true);
});

function numbers(count: number): string {
  return Array.from({ length: count }, (_, index) => `"138${String(index).padStart(8, '0')}"`).join();
}

test('takes what the source says for its personal fields, not the names of keys', () => {
  const personal = { phone: ['$.to'], name: ['$.who'] };
  const body = '{"to":"13800001111","who":"A","name":"intent","phone":"110"}';
  expect(masked(body, { phone: true, name: true }, personal)).toBe(
    '{"to":"*********11","who":"***","name":"intent","phone":"110"}',
  );
});

test('leaves an alert as it is: its name is that of an output', () => {
  const body = '{"subject":{"kind":"output","name":"crm"}}';
  const alert: Callback = {
    id: 'r',
    source: 'ringback',
    account: 'ringback',
    type: 'ringback.alert',
    time: 1,
    receivedAt: 2,
    body,
  };
  const mask = (paths: string[]) =>
    createOutputMask({ settings: { phone: true, name: true, paths }, personalOf: () => undefined });
  expect(mask([])(alert).body).toBe(body);
  expect(mask(['$.subject.name'])(alert).body).toBe(body.replace('crm', '***'));
});

test.each(['not JSON 13800001111', '{"phone":"1380', ''])('hides a text that is not JSON as a whole', (body) => {
  expect(masked(body, { phone: true })).toBe('"***"');
});

test('masks a body that is nested more deeply than recursion could go', () => {
  const depth = 100_000;
  const body = (phone: string) => `${'['.repeat(depth)}{"phone":"${phone}"}${']'.repeat(depth)}`;
  expect(masked(body('13800001111'), { phone: true }) === body('*********11')).toBe(true);
});
