"""The user interface: pages, the state behind them, components. No medical logic lives here."""
