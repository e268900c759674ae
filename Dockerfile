# The program in a small image: built as a checkout is set up, run by Python alone.
# Each command here is one that .ci/run runs too, so that no container engine is needed to know that they work.

FROM python:3.11-bookworm AS build
WORKDIR /src
COPY . .
RUN make setup \
    && .venv/bin/python scripts/wheel.py --into /opt/training-tracker

FROM python:3.11-slim-bookworm
COPY --from=build /opt/training-tracker /opt/training-tracker
RUN useradd --uid 10001 --create-home --home-dir /var/lib/training-tracker tracker
ENV PATH="/opt/training-tracker/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001
# Without TRACKER_DATABASE_URL the database is a file in var/ here.
WORKDIR /var/lib/training-tracker
VOLUME /var/lib/training-tracker
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD \
    ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health', timeout=4)"]
ENTRYPOINT ["training-tracker"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
