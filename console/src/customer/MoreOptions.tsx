import { type RefObject, useEffect, useState } from "react";
import { Button, Menu, MenuItem, MenuTrigger, Popover, Text } from "react-aria-components";
import { drawerTexts as texts } from "./texts.ts";

export interface Option {
  readonly id: string;
  readonly text: string;
  /** Why it cannot be chosen now; null where it can. */
  readonly off: string | null;
  readonly onChoose: () => void;
}

interface Props {
  /** Where the focus goes when what was chosen is closed. */
  button: RefObject<HTMLButtonElement | null>;
  options: readonly Option[];
}

/** “More Options” of a customer. */
export function MoreOptions({ button, options }: Props) {
  const landmark = useLandmark();
  return (
    <MenuTrigger>
      <Button ref={button} className="button">
        {texts.moreOptions}
      </Button>
      <Popover className="menu" isNonModal UNSTABLE_portalContainer={landmark}>
        <Menu>
          {options.map(({ id, text, off, onChoose }) => (
            <MenuItem key={id} id={id} textValue={text} isDisabled={off !== null} onAction={onChoose}>
              <Text slot="label">{text}</Text>
              {/* Always there: an entry that gets its description while the menu is open would not be described by it. */}
              <Text slot="description" className="hint">
                {off !== null && ` ${off}`}
              </Text>
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

/** Returns the page's content, where the menu belongs. It must not change while the menu is open, which would close it. */
function useLandmark(): Element | undefined {
  const [landmark, setLandmark] = useState<Element>();
  useEffect(() => setLandmark(document.querySelector("main") ?? undefined), []);
  return landmark;
}
