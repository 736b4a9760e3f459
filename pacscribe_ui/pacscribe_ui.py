import reflex as rx


class S(rx.State):
    n: int = 0

    @rx.event
    def inc(self):
        self.n += 1


def index():
    return rx.el.main(
        rx.el.h1("hello"),
        rx.el.button("inc", on_click=S.inc),
        rx.el.p(S.n),
        rx.el.button("mode", on_click=rx.toggle_color_mode),
    )


app = rx.App(toaster=None)
app.add_page(index, route="/")
