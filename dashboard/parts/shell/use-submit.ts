import { useState } from "preact/hooks";

interface Submit {
  readonly failure: unknown;
  readonly isBusy: boolean;
  readonly onSubmit: (event: Event) => void;
}

/** A form that does something once at a time, and keeps what went wrong until the next try. */
export function useSubmit(work: () => Promise<void>): Submit {
  const [failure, setFailure] = useState<unknown>(undefined);
  const [isBusy, setBusy] = useState(false);
  const run = async (): Promise<void> => {
    setBusy(true);
    setFailure(undefined);
    try {
      await work();
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  const onSubmit = (event: Event): void => {
    event.preventDefault();
    if (!isBusy) void run();
  };
  return { failure, isBusy, onSubmit };
}
