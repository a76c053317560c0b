/** A URL as it may be printed. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//[redacted]@');
}
