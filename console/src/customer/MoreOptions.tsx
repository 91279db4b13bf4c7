import type { RefObject } from "react";
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
  return (
    <MenuTrigger>
      <Button ref={button} className="button">
        {texts.moreOptions}
      </Button>
      <Popover className="menu" isNonModal UNSTABLE_portalContainer={landmark()}>
        <Menu>
          {options.map(({ id, text, off, onChoose }) => (
            <MenuItem key={id} id={id} textValue={text} isDisabled={off !== null} onAction={onChoose}>
              <Text slot="label">{text}</Text>
              {off !== null && (
                <Text slot="description" className="hint">
                  {" "}
                  {off}
                </Text>
              )}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

/** The menu belongs to the page's content, so that it lies in a landmark. */
function landmark(): Element | undefined {
  return document.querySelector("main") ?? undefined;
}
