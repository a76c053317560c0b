export function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//[redacted]@');
}
