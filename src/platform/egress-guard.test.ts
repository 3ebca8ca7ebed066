import { networkInterfaces } from 'node:os';
import { describe, expect, it, test } from '@jest/globals';
import { parseEgressAllow } from './egress-allow.js';
import { EgressGuard, EgressRefusedError, HostNotFoundError, pinnedLookup } from './egress-guard.js';

const names: Record<string, string[]> = {
  'public.test': ['93.184.215.14'],
  'both.test': ['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c'],
  'mixed.test': ['93.184.215.14', '127.0.0.1'],
  'loopback.test': ['127.0.0.1'],
  'mapped.test': ['::ffff:10.0.0.1'],
  'mapped-public.test': ['::ffff:93.184.215.14'],
  'none.test': [],
};
const resolver = (host: string) => Promise.resolve(names[host] ?? Promise.reject(new Error('ENOTFOUND')));
const guard = (allow = '') => new EgressGuard(parseEgressAllow(allow), resolver);
const check = (address: string, allow = '') => guard(allow).checkUrl(new URL(address));

describe('what is refused', () => {
  test.each([
    'http://127.0.0.1/',
    'http://127.255.0.1:8080/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://0x7f.1/',
    'http://127.1/',
    'http://１２７.0.0.1/',
    'http://0/',
    'http://10.0.0.1/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://100.64.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://168.63.129.16/',
    'http://192.0.0.192/',
    'http://198.18.0.1/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::169.254.169.254]/',
    'http://[64:ff9b:1::10.0.0.1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:0:53aa:64c:0:fbff:80ff:fffe]/',
    'http://[fe80::1]/',
    'http://[fec0::1]/',
    'http://[fd00:ec2::254]/',
    'http://[ff02::1]/',
    'http://[2001:db8::1]/',
    'http://loopback.test/',
    'http://mapped.test/',
    'http://mixed.test/',
    'file:///etc/passwd',
    'data:text/html,hello',
    'ftp://public.test/',
    'javascript:alert(1)',
  ])('%s', async (address) => {
    await expect(check(address)).rejects.toThrow(EgressRefusedError);
  });

  test('this machine, by whatever address others know it', async () => {
    const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
    expect(own.length).toBeGreaterThan(0);
    for (const { address, family, scopeid } of own) {
      if (scopeid) continue;
      const host = family === 'IPv6' ? `[${address}]` : address;
      await expect(check(`http://${host}/`)).rejects.toThrow(EgressRefusedError);
    }
  });

  it('says what to do', async () => {
    await expect(check('http://loopback.test:81/')).rejects.toThrow(
      'loopback.test:81 resolves to 127.0.0.1, which is not a public address. An administrator can name exceptions in EGRESS_ALLOW.',
    );
  });
});

describe('what is let through', () => {
  test.each([
    ['http://93.184.215.14/', 80, ['93.184.215.14']],
    ['https://public.test/', 443, ['93.184.215.14']],
    ['https://both.test:8443/', 8443, names['both.test']],
    ['http://[2606:4700::1111]/', 80, ['2606:4700::1111']],
    ['http://[64:ff9b::93.184.215.14]/', 80, ['64:ff9b::5db8:d70e']],
    ['http://mapped-public.test/', 80, ['::ffff:93.184.215.14']],
  ])('%s', async (address, port, addresses) => {
    const target = await check(address);
    expect(target.port).toBe(port);
    expect(target.addresses.map((one) => one.address)).toEqual(addresses);
  });

  it('tells a name without addresses from a refusal', async () => {
    await expect(check('http://none.test/')).rejects.toThrow(HostNotFoundError);
    await expect(check('http://unknown.test/')).rejects.toThrow(HostNotFoundError);
  });
});

describe('EGRESS_ALLOW', () => {
  test.each([
    ['127.0.0.1', 'http://127.0.0.1:1234/', true],
    ['127.0.0.1:80', 'http://127.0.0.1/', true],
    ['127.0.0.1:80', 'http://127.0.0.1:81/', false],
    ['127.0.0.1:80', 'http://loopback.test/', true],
    ['127.0.0.1:80', 'http://[::ffff:127.0.0.1]/', true],
    ['10.0.0.0/8', 'http://10.9.8.7/', true],
    ['10.0.0.0/8', 'http://172.16.8.7/', false],
    ['10.0.0.0/8', 'http://192.168.0.1/', false],
    ['10.0.0.0/8', 'http://mapped.test/', true],
    ['[::1]:8080, 192.168.0.0/16', 'http://[::1]:8080/', true],
    ['[::1]:8080, 192.168.0.0/16', 'http://[::1]/', false],
    ['fd00::/8', 'http://[fd12::1]/', true],
    ['loopback.test', 'http://loopback.test:99/', true],
    ['Loopback.Test:99', 'http://loopback.test:99/', true],
    ['loopback.test:99', 'http://loopback.test/', false],
    ['loopback.test', 'http://127.0.0.1/', false],
    ['loopback.test', 'http://mixed.test/', false],
  ])('%s lets %s through: %s', async (allow, address, isAllowed) => {
    const outcome = check(address, allow).then(
      () => true,
      (error: unknown) => !(error instanceof EgressRefusedError),
    );
    expect(await outcome).toBe(isAllowed);
  });

  test.each(['http://example.org', '10.0.0.0/33', '1/8', 'a b', 'x:0', 'x:70000', '[::1', '*', '-x'])(
    '%s is no entry',
    (entry) => {
      expect(() => parseEgressAllow(`ok.example, ${entry}`)).toThrow(`"${entry}" names no host`);
    },
  );
});

it('pins: the look-up of a connection answers what was checked, and asks nobody', async () => {
  let asked = 0;
  const rebinding = new EgressGuard([], () =>
    Promise.resolve(asked++ === 0 ? ['93.184.215.14'] : ['127.0.0.1']),
  );
  const target = await rebinding.checkUrl(new URL('http://rebinding.test/'));
  const answers = await Promise.all(
    [0, 1, 2].map(
      () =>
        new Promise((resolve) =>
          pinnedLookup(target)('rebinding.test', { all: true }, (_, found) => resolve(found)),
        ),
    ),
  );
  expect(answers).toEqual(Array.from({ length: 3 }, () => [{ address: '93.184.215.14', family: 4 }]));
  expect(asked).toBe(1);
  await expect(rebinding.checkUrl(new URL('http://rebinding.test/'))).rejects.toThrow(EgressRefusedError);
});
