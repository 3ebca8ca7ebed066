import { Field } from './Field';
import { useDraft } from './use-draft';

interface NamesProps {
  label: string;
  isLabelHidden?: boolean;
  placeholder?: string;
  hint?: string;
  value: readonly string[] | null | undefined;
  onChange: (names: string[]) => void;
}

/** Any number of names, with commas between them. */
export function NamesField({ value, onChange, ...field }: NamesProps) {
  const draft = useDraft((value ?? []).join(', '), (text) => {
    const names = text.split(',').map((name) => name.trim());
    onChange([...new Set(names.filter((name) => name !== ''))]);
  });
  return <Field {...field} {...draft} />;
}

interface AmountProps {
  label: string;
  value: number | null | undefined;
  onChange: (amount: number | null) => void;
}

/** A number from 0 on; null = empty. Anything else is told, and changes nothing. */
export function AmountField({ label, value, onChange }: AmountProps) {
  const draft = useDraft(String(value ?? ''), (text) => {
    const amount = amountOf(text);
    if (amount !== undefined) onChange(amount);
  });
  const problem = amountOf(draft.value) === undefined ? 'A number from 0 on, such as 2.5.' : undefined;
  return <Field {...draft} label={label} inputMode="decimal" problem={problem} />;
}

/** Undefined where the text is no amount. */
function amountOf(text: string): number | null | undefined {
  if (text.trim() === '') return null;
  const amount = Number(text.replace(',', '.'));
  return Number.isFinite(amount) && amount >= 0 ? amount : undefined;
}
