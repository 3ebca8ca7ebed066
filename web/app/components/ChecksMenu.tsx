import { Checks } from './Checks';
import { Disclosure } from './Disclosure';

interface Props<Value extends string> {
  label: string;
  values: readonly Value[] | null | undefined;
  /** What each value is called, in the order in which they are offered. */
  labels: Readonly<Record<Value, string>>;
  onChange: (values: Value[]) => void;
}

/** Any of a few, behind a button that says how many are chosen. */
export function ChecksMenu<Value extends string>({ label, values, labels, onChange }: Props<Value>) {
  const options = (Object.keys(labels) as Value[]).map((value) => ({ value, label: labels[value] }));
  return (
    <Disclosure label={label} count={values?.length ?? 0}>
      <Checks label={label} values={values ?? []} options={options} onChange={onChange} />
    </Disclosure>
  );
}
