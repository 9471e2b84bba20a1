"""An order as others see it: its status, what it waits for, what needs a person."""
