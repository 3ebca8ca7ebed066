import { Button } from '../../components/Button';
import { toCsv, type Sheet } from './sheet';

interface Props {
  /** In full, for those who hear it apart from what it belongs to. */
  label: string;
  fileName: string;
  sheet: () => Sheet;
}

/** Saves what is shown as a file. */
export function CsvButton({ label, fileName, sheet }: Props) {
  const save = () => {
    const url = URL.createObjectURL(new Blob([toCsv(sheet())], { type: 'text/csv;charset=utf-8' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = fileName;
    link.click();
    // Browsers have taken it over by then.
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  return (
    <Button aria-label={label} onPress={save}>
      CSV
    </Button>
  );
}
