import { useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { Age } from '../../components/Age';
import { Choice } from '../../components/Field';
import { LongText } from '../../components/LongText';
import { showName } from '../../format/hostile-text';
import type { VersionDetailFragment } from '../../generated/graphql';
import { compareVersions, MOST_SETTINGS } from './version-differences';
import styles from './AgentPage.module.css';

interface Props {
  /** Newest first; at least one. */
  versions: readonly VersionDetailFragment[];
  currentId: string;
}

/** Two versions side by side, with what differs marked; which two stands in the address. */
export function VersionComparison({ versions, currentId }: Props) {
  const [params, setParams] = useSearchParams();
  const current = versions.find(({ id }) => id === currentId) ?? versions[0];
  const right = versionOf(versions, params.get('to')) ?? current;
  const left =
    versionOf(versions, params.get('from')) ??
    versions.find(({ number }) => right && number < right.number) ??
    right;
  const rows = useMemo(() => (left && right ? compareVersions([left, right]) : []), [left, right]);
  if (!left || !right) return null;
  const different = rows.filter(({ isDifferent }) => isDifferent).length;
  const options = versions.map(({ id, number }) => ({
    value: String(number),
    label: `Version ${number}${id === currentId ? ' (current)' : ''}`,
  }));
  const choose = (name: 'from' | 'to') => (number: string) =>
    setParams(
      (before) => {
        before.set(name, number);
        return before;
      },
      { replace: true },
    );
  return (
    <section className={styles.section} aria-labelledby="versions">
      <h2 id="versions">Versions</h2>
      <div className={styles.bar}>
        <Choice label="Compare" value={String(left.number)} options={options} onChoose={choose('from')} />
        <Choice label="With" value={String(right.number)} options={options} onChoose={choose('to')} />
        <p className={styles.muted} role="status">
          {left === right
            ? 'One version.'
            : different === 0
              ? 'Nothing differs.'
              : `${different} of ${rows.length} settings differ.`}
        </p>
      </div>
      <div className={styles.scroller} role="region" aria-label="Configuration side by side" tabIndex={0}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Setting</th>
              <th scope="col">
                <VersionHead version={left} />
              </th>
              {left !== right && (
                <th scope="col">
                  <VersionHead version={right} />
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ path, values, isDifferent }) => (
              <tr key={path} className={isDifferent ? styles.different : ''}>
                <th scope="row">
                  <bdi>{showName(path)}</bdi>
                  {isDifferent && <span className={styles.sign}>differs</span>}
                </th>
                {(left === right ? values.slice(0, 1) : values).map((value, index) => (
                  <td key={index}>
                    {value === null ? (
                      <span className={styles.muted}>not set</span>
                    ) : (
                      <div className={styles.value}>
                        <LongText text={value} />
                      </div>
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length >= MOST_SETTINGS && (
        <p className={styles.muted}>Only the first {MOST_SETTINGS} settings of each version are shown.</p>
      )}
    </section>
  );
}

function VersionHead({ version }: { version: VersionDetailFragment }) {
  return (
    <>
      Version {version.number} · <Age at={version.createdAt} />
      {version.note && <span className={styles.note}>{showName(version.note)}</span>}
    </>
  );
}

function versionOf(versions: readonly VersionDetailFragment[], number: string | null) {
  return versions.find((version) => String(version.number) === number);
}
