import { expect, test } from '@jest/globals';
import { decodePage } from './page-charset.js';

const latin = (text: string) => Buffer.from(text, 'latin1');

test.each([
  ['its Content-Type', latin('Größe'), 'text/html; charset=ISO-8859-1', 'Größe'],
  ['a quoted Content-Type', latin('Größe'), 'text/html; Charset="latin1"', 'Größe'],
  [
    'its meta element',
    latin('<meta charset=windows-1252>Größe'),
    'text/html',
    '<meta charset=windows-1252>Größe',
  ],
  [
    'its older meta element',
    latin('<META http-equiv=Content-Type content="text/html; charset=iso-8859-15">\xa4'),
    null,
    '<META http-equiv=Content-Type content="text/html; charset=iso-8859-15">€',
  ],
  [
    'a meta element in a comment not',
    Buffer.from('<!-- <meta charset=latin1> -->ö'),
    null,
    '<!-- <meta charset=latin1> -->ö',
  ],
  ['its mark before all else', Buffer.from('\uFEFFö'), 'text/html; charset=latin1', 'ö'],
  ['UTF-16 by its mark', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('ö', 'utf16le')]), null, 'ö'],
  ['UTF-8 where nothing is said', Buffer.from('größer'), null, 'größer'],
  ['windows-1252 where it is no UTF-8', Buffer.from([0x80, 0xf6]), 'text/html; charset=none-such', '€ö'],
  ['Japanese', Buffer.from([0x93, 0xfa, 0x96, 0x7b]), 'text/html; charset=Shift_JIS', '日本'],
])('a page is decoded by %s', (_name, body, contentType, text) => {
  expect(decodePage(body, contentType)).toBe(text);
});
