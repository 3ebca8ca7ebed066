/** Changes to code that does not exist, and what the reviewer finds in them. */
export interface PullRequest {
  repository: string;
  title: string;
  author: string;
  files: readonly { path: string; patch: string; finding: string | null }[];
  /** The mend that the agent offers to push; null where it only comments. */
  fix: string | null;
  tests: string;
}

export const pullRequests: readonly PullRequest[] = [
  {
    repository: 'northpine/checkout',
    title: 'Retry card payments on gateway time-outs',
    author: 'jkeller',
    files: [
      {
        path: 'src/payment/charge.ts',
        patch: `@@ -31,9 +31,17 @@ export class CardGateway {
   async charge(order: Order): Promise<Receipt> {
-    return this.http.post('/charges', { amount: order.total, card: order.card });
+    for (let attempt = 0; attempt < 3; attempt++) {
+      try {
+        return await this.http.post('/charges', { amount: order.total, card: order.card });
+      } catch (error) {
+        if (!isTimeout(error)) throw error;
+        await sleep(200 * 2 ** attempt);
+      }
+    }
+    throw new GatewayUnavailable();
   }`,
        finding:
          'A time-out does not say that the charge was not made. Send an Idempotency-Key made of the order id, or customers pay twice.',
      },
      {
        path: 'src/payment/charge.test.ts',
        patch: `@@ -12,4 +12,11 @@
+test('tries again after a time-out', async () => {
+  gateway.failWith(new TimeoutError(), { times: 2 });
+  await expect(charge(order)).resolves.toMatchObject({ status: 'paid' });
+  expect(gateway.calls).toHaveLength(3);
+});`,
        finding: 'The test counts calls but not charges; have the fake record both.',
      },
    ],
    fix: "headers: { 'Idempotency-Key': `charge:${order.id}` }",
    tests:
      'PASS src/payment/charge.test.ts\nPASS src/cart/total.test.ts\n\nTests: 212 passed, 212 total\nTime:  14.8 s',
  },
  {
    repository: 'northpine/warehouse',
    title: 'Speed up the nightly stock report',
    author: 'nezeh',
    files: [
      {
        path: 'reports/stock.sql',
        patch: `@@ -4,8 +4,8 @@
-SELECT sku, sum(quantity) AS quantity
-FROM movements
-WHERE date(moved_at) = current_date - 1
+SELECT sku, sum(quantity) AS quantity
+FROM movements
+WHERE moved_at >= current_date - 1 AND moved_at < current_date
 GROUP BY sku
 ORDER BY sku;`,
        finding: null,
      },
      {
        path: 'reports/run.py',
        patch: `@@ -18,7 +18,9 @@ def run(day: date) -> None:
-    rows = connection.execute(SQL).fetchall()
-    write_csv(path_for(day), rows)
+    with connection.execute(SQL) as rows:
+        write_csv(path_for(day), rows)
+    os.remove(path_for(day - timedelta(days=30)))`,
        finding:
          'os.remove raises FileNotFoundError on the first thirty days and after any gap; the report is then never sent. Use Path.unlink(missing_ok=True).',
      },
    ],
    fix: 'path_for(day - timedelta(days=30)).unlink(missing_ok=True)',
    tests: 'collected 87 items\n\n87 passed, 2 warnings in 21.34s',
  },
  {
    repository: 'northpine/search',
    title: 'Cache suggestions per language',
    author: 'caubert',
    files: [
      {
        path: 'suggest/cache.go',
        patch: `@@ -22,11 +22,15 @@ type Cache struct {
-	entries map[string][]string
+	entries map[string]map[string][]string
 }

-func (c *Cache) Get(prefix string) ([]string, bool) {
-	found, ok := c.entries[prefix]
+func (c *Cache) Get(language, prefix string) ([]string, bool) {
+	found, ok := c.entries[language][prefix]
 	return found, ok
 }
+
+func (c *Cache) Put(language, prefix string, words []string) {
+	c.entries[language][prefix] = words
+}`,
        finding:
          'Put writes into a nil map for a language that is new: the service panics on the first request in it. Make the inner map first; and both methods race without a lock.',
      },
    ],
    fix: null,
    tests:
      '--- FAIL: TestPutNewLanguage (0.00s)\npanic: assignment to entry in nil map\nFAIL\tnorthpine/search/suggest\t0.412s',
  },
  {
    repository: 'northpine/web',
    title: 'Show delivery day on the product page',
    author: 'hlindqvist',
    files: [
      {
        path: 'app/product/DeliveryDay.tsx',
        patch: `@@ -0,0 +1,14 @@
+export function DeliveryDay({ sku }: { sku: string }) {
+  const [day, setDay] = useState<string | null>(null);
+  useEffect(() => {
+    fetch(\`/api/delivery?sku=\${sku}\`)
+      .then((response) => response.json())
+      .then(({ day }) => setDay(day));
+  }, [sku]);
+  if (!day) return null;
+  return <p className="delivery">Arrives on {new Date(day).toLocaleDateString()}</p>;
+}`,
        finding:
          'When sku changes quickly, an earlier answer may arrive last and win. Abort the request in the effect’s clean-up; and say something when it fails.',
      },
      {
        path: 'app/product/Product.tsx',
        patch: '@@ -40,2 +40,3 @@\n       <Price sku={sku} />\n+      <DeliveryDay sku={sku} />',
        finding: null,
      },
      {
        path: 'app/product/product.css',
        patch: '@@ -88,0 +89,3 @@\n+.delivery {\n+  color: var(--quiet);\n+}',
        finding: null,
      },
    ],
    fix: 'const controller = new AbortController(); … return () => controller.abort();',
    tests:
      ' ✓ app/product/Product.test.tsx (9 tests) 412ms\n ✓ app/product/DeliveryDay.test.tsx (3 tests) 97ms\n\n Test Files  64 passed (64)\n      Tests  391 passed (391)',
  },
  {
    repository: 'northpine/checkout',
    title: 'Bump decimal library to 11.0',
    author: 'renovate-bot',
    files: [
      {
        path: 'package.json',
        patch: '@@ -27,1 +27,1 @@\n-    "decimal-light": "^10.4.3",\n+    "decimal-light": "^11.0.0",',
        finding: null,
      },
      {
        path: 'src/cart/total.ts',
        patch: `@@ -9,3 +9,3 @@
-  return lines.reduce((sum, line) => sum.plus(line.price), new Decimal(0)).toFixed(2);
+  return lines.reduce((sum, line) => sum.plus(line.price), Decimal.zero).toFixed(2);`,
        finding:
          'Version 11 rounds half to even, 10 rounded half up. Totals may differ by a cent from the invoices of the ledger; set the rounding mode.',
      },
    ],
    fix: "Decimal.set({ rounding: 'HALF_UP' });",
    tests: 'PASS src/cart/total.test.ts\n\nTests: 212 passed, 212 total\nTime:  13.9 s',
  },
];
