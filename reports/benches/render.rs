//! Each format over a run of about a thousand cases.

use std::hint::black_box;
use std::io;

use criterion::{Criterion, criterion_group, criterion_main};
use ropcheck_reports::folding::fold;
use ropcheck_reports::format::{FORMATS, Tell};
use ropcheck_reports::read;
use ropcheck_reports::record::{Event, RunStarted};

const SPECIMEN: &str = include_str!("../tests/specimen.ndjson");
const COPIES: usize = 80;

fn render(criterion: &mut Criterion) {
    let (head, events) = thousand();
    let mut group = criterion.benchmark_group("render");
    group.sample_size(20);
    group.bench_function("fold", |bencher| {
        bencher.iter(|| fold(black_box(head.clone()), black_box(events.clone())));
    });
    let run = fold(head, events.clone());
    for format in FORMATS {
        group.bench_function(format.name, |bencher| match format.tell {
            Tell::Run(tell) => bencher.iter(|| tell(black_box(&run), &mut io::sink())),
            Tell::Each(tell) => {
                bencher.iter(|| black_box(&events).iter().try_for_each(|event| tell(event, &mut io::sink())));
            }
        });
    }
    group.finish();
}

/// The specimen over and over, each time under other case ids.
fn thousand() -> (RunStarted, Vec<Event>) {
    let specimen = read::events(SPECIMEN.as_bytes()).expect("the specimen is a record");
    let Some(Event::RunStarted(mut head)) = specimen.first().cloned() else { panic!("a record begins with its head") };
    let cases = std::mem::take(&mut head.cases);
    let mut all = Vec::new();
    for copy in 0..COPIES {
        let renamed = |id: &str| format!("copy-{copy}/{id}");
        for mut case in cases.clone() {
            case.id = renamed(&case.id);
            head.cases.push(case);
        }
        for event in specimen.clone() {
            match event {
                Event::Skipped(mut one) => {
                    one.case = renamed(&one.case);
                    all.push(Event::Skipped(one));
                }
                Event::Exchange(mut one) => {
                    (one.id, one.case) = (renamed(&one.id), renamed(&one.case));
                    one.control = one.control.as_deref().map(renamed);
                    all.push(Event::Exchange(one));
                }
                Event::Found(mut one) => {
                    one.case = renamed(&one.case);
                    one.evidence = one.evidence.iter().map(|id| renamed(id)).collect();
                    all.push(Event::Found(one));
                }
                _ => {}
            }
        }
    }
    all.extend(specimen.into_iter().filter(|event| matches!(event, Event::RunFinished(_))));
    (head, all)
}

criterion_group!(benches, render);
criterion_main!(benches);
