/** A proxy may have added space, tab, line feed or carriage return. */
export function withoutTrailingSpace(body: Buffer): Buffer {
  let end = body.length;
  while (end > 0 && [0x20, 0x09, 0x0a, 0x0d].includes(body[end - 1] ?? 0)) end -= 1;
  return body.subarray(0, end);
}
