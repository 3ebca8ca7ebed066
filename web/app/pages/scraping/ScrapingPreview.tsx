import { formatBytes, formatCount } from '../../format/numbers';
import panel from '../../components/Panel.module.css';
import { showControls, showName } from '../../format/hostile-text';
import type { PreviewScrapingMutation } from '../../generated/graphql';
import styles from './ScrapingPage.module.css';

type Preview = PreviewScrapingMutation['previewScraping'];

/** What the selectors found on the page as it is now. */
export function ScrapingPreview({ preview }: { preview: Preview }) {
  const { problem, url, engine, status, bytes, title, itemCount, leftOut, nextPage, linkCount } = preview;
  if (problem !== null) {
    return (
      <p className={panel.problem} role="alert">
        {showControls(problem)}
      </p>
    );
  }
  const parts = [
    engine === 'BROWSER' ? 'by a browser' : 'by plain HTTP',
    status !== null && `status ${status}`,
    bytes !== null && formatBytes(bytes),
  ].filter(Boolean);
  return (
    <section aria-label="Preview" className={panel.card}>
      <h2>{title === null ? 'Preview' : <bdi>{showName(title, 200)}</bdi>}</h2>
      <p className={panel.muted}>
        <bdi>{showName(url, 500)}</bdi>, {parts.join(', ')}
      </p>
      <p role="status">
        {itemCount === 1 ? '1 item' : `${formatCount(itemCount)} items`}
        {leftOut > 0 && `; ${formatCount(leftOut)} more lack a required field`}
        {linkCount > 0 && `; ${formatCount(linkCount)} links to follow`}
        {nextPage === null ? '' : '; there is a next page'}
      </p>
      <Items preview={preview} />
      {nextPage !== null && (
        <p className={panel.muted}>
          Next page: <bdi>{showName(nextPage, 500)}</bdi>
        </p>
      )}
    </section>
  );
}

function Items({ preview: { items, fields, itemCount } }: { preview: Preview }) {
  if (items.length === 0) return null;
  return (
    <div className={styles.scroll} role="region" aria-label="Items of the page" tabIndex={0}>
      <table className={styles.table}>
        <thead>
          <tr>
            {fields.map(({ name, missing }) => (
              <th key={name} scope="col">
                <bdi>{showName(name, 100)}</bdi>
                {missing > 0 && (
                  <span className={styles.missing}>
                    missing in {formatCount(missing)} of {formatCount(itemCount)}
                  </span>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((item, row) => (
            // Nothing tells two items apart but their place.
            <tr key={row}>
              {fields.map(({ name }) => (
                <td key={name}>
                  <bdi>{showValue((item as Partial<Record<string, unknown>>)[name])}</bdi>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function showValue(value: unknown): string {
  if (value === null || value === undefined) return '–';
  const text = Array.isArray(value)
    ? value.join(', ')
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
  return showControls(text);
}
