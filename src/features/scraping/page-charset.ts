/** How far into a page its own word on its encoding is looked for, as browsers do. */
const prescanBytes = 1024;

/** A page as text: by its byte order mark, its Content-Type, its meta element; else UTF-8 where it is that, else windows-1252. */
export function decodePage(body: Buffer, contentType: string | null): string {
  const label = markOf(body) ?? labelIn(contentType ?? '') ?? metaLabel(body);
  const decoder = label === undefined ? undefined : decoderOf(label);
  if (decoder) return decoded(decoder, body);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return decoded(new TextDecoder('windows-1252'), body);
  }
}

/** What windows-1252 has from 0x80 on; some versions of Node.js decode it as Latin-1, which has nothing there. */
const windows1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

function decoded(decoder: InstanceType<typeof TextDecoder>, body: Buffer): string {
  const text = decoder.decode(body);
  if (decoder.encoding !== 'windows-1252') return text;
  return text.replace(
    /[\x80-\x9f]/g,
    (character) => windows1252[character.charCodeAt(0) - 0x80] ?? character,
  );
}

function decoderOf(label: string): InstanceType<typeof TextDecoder> | undefined {
  try {
    return new TextDecoder(label);
  } catch {
    return undefined;
  }
}

function markOf(body: Buffer): string | undefined {
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) return 'utf-8';
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be';
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le';
  return undefined;
}

function labelIn(text: string): string | undefined {
  return /charset\s*=\s*["']?\s*([\w.:-]+)/i.exec(text)?.[1];
}

function metaLabel(body: Buffer): string | undefined {
  const head = body
    .subarray(0, prescanBytes)
    .toString('latin1')
    .replace(/<!--[\s\S]*?-->/g, '');
  const label =
    /^\s*<\?xml[^>]*encoding\s*=\s*["']([\w.:-]+)["']/i.exec(head)?.[1] ??
    [...head.matchAll(/<meta\b[^>]*>/gi)].map(([meta]) => labelIn(meta)).find((found) => found !== undefined);
  // It was read as ASCII, so it is no UTF-16, whatever it says.
  return label !== undefined && /^utf-?16/i.test(label) ? 'utf-8' : label;
}
