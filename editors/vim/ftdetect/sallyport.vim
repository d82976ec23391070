" Policies of Sallyport.
autocmd BufRead,BufNewFile *.sally setfiletype sallyport
